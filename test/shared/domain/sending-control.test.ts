import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SendingControl } from "../../../shared/domain/model.ts";
import { controlInTheWay, controlName, setControl } from "../../../shared/domain/sending-control.ts";
import { contextAt, START } from "../../support/domain-records.ts";

const LATER = "2026-12-24T18:00:00.000Z";

function controlOf(status: SendingControl["status"], more: Partial<SendingControl> = {}): SendingControl {
  return {
    id: "all",
    organizationId: "acme",
    status,
    version: 3,
    change: {
      eventId: "acme/sending_control/all/3",
      action: "sending_control.paused",
      actor: { type: "user", id: "ada" },
      correlationId: "r",
      at: START,
    },
    createdAt: START,
    updatedAt: START,
    ...more,
  };
}

describe("setting a control", () => {
  it.each<[SendingControl["status"] | "absent", "open" | "paused", string]>([
    ["absent", "paused", "paused 1"],
    ["absent", "open", "sending_already_open"],
    ["open", "paused", "paused 4"],
    ["open", "open", "sending_already_open"],
    ["paused", "paused", "sending_already_paused"],
    ["paused", "open", "open 4"],
    ["tripped", "paused", "paused 4"],
    ["tripped", "open", "open 4"],
  ])("that is %s to %s comes to: %s", (from, to, expected) => {
    const control = from === "absent" ? undefined : controlOf(from, { probeAt: LATER });
    const decision = setControl(control, { organizationId: "acme", id: "all", status: to }, contextAt(LATER));
    const result = decision.ok ? `${decision.value.status} ${decision.value.version}` : decision.refusal.code;
    expect(result).toBe(expected);
    if (!decision.ok) return;
    expect(decision.value.probeAt).toBeUndefined();
    expect(decision.changes).toEqual([
      expect.objectContaining({
        entity: "sending_control",
        after: decision.value,
        ...(control && { before: control }),
      }),
    ]);
    expect(decision.value.change.action).toBe(`sending_control.${to === "open" ? "resumed" : "paused"}`);
  });

  it("keeps the reason while it is paused, and only then", () => {
    const setting = { organizationId: "acme", id: "stripe" } as const;
    const paused = setControl(undefined, { ...setting, status: "paused" }, { ...contextAt(START), reason: "audit" });
    if (!paused.ok) throw new Error(paused.refusal.message);
    expect(paused.value).toMatchObject({ ...setting, reason: "audit" });
    const open = setControl(paused.value, { ...setting, status: "open" }, contextAt(LATER));
    expect(open.ok && open.value.reason).toBeUndefined();
  });
});

describe("the control in the way", () => {
  const platform = { organizationId: "platform" };

  it.each<[string, SendingControl[], string | undefined]>([
    ["nothing set", [], undefined],
    ["all open", [controlOf("open"), controlOf("open", platform)], undefined],
    ["the organization's pause", [controlOf("open", platform), controlOf("paused")], "acme/all"],
    ["the deployment's pause", [controlOf("paused", platform), controlOf("open")], "all"],
    ["both: the deployment's", [controlOf("paused"), controlOf("paused", platform)], "all"],
    ["a circuit before its probe", [controlOf("tripped", { ...platform, id: "stripe", probeAt: LATER })], "stripe"],
    ["a circuit that may be probed", [controlOf("tripped", { ...platform, id: "stripe", probeAt: START })], undefined],
    [
      "a pause behind a circuit that may be probed",
      [controlOf("tripped", { ...platform, id: "stripe", probeAt: START }), controlOf("paused")],
      "acme/all",
    ],
  ])("with %s", (_what, controls, expected) => {
    const found = controlInTheWay(controls, "2026-12-01T00:00:00.000Z");
    expect(found === undefined ? undefined : controlName(found)).toBe(expected);
  });

  it("has a name that no other control has", () => {
    const organizationId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,6}$/);
    const control = fc.record({
      organizationId: fc.oneof(organizationId, fc.constantFrom("platform", "all", "stripe")),
      id: fc.constantFrom("all", "stripe", "xendit"),
    });
    fc.assert(
      fc.property(control, control, (one, other) => {
        const same = one.organizationId === other.organizationId && one.id === other.id;
        expect(controlName(one) === controlName(other)).toBe(same);
      }),
    );
  });
});
