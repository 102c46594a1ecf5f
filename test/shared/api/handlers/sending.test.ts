import { describe, expect, it } from "vitest";
import { sendingOperations } from "../../../../shared/api/contract/sending.ts";
import { createSendingHandlers } from "../../../../shared/api/handlers/sending.ts";
import type { ApiRequest, ApiResult, Caller, OperationSpec } from "../../../../shared/api/operation.ts";
import type { CommandOrigin } from "../../../../shared/commands/origin.ts";
import type { Sending } from "../../../../shared/commands/sending.ts";
import type { CommandContext, Decision } from "../../../../shared/domain/decision.ts";
import type { SendingControl } from "../../../../shared/domain/model.ts";
import { setControl } from "../../../../shared/domain/sending-control.ts";

const CALLER: Caller = {
  organizationId: "acme",
  subject: "ada",
  role: "admin",
  sourceIp: "203.0.113.7",
  addressAllowed: true,
  settings: undefined,
};
const CONTEXT: CommandContext = {
  now: "2026-11-21T09:00:00.000Z",
  actor: { type: "user", id: "ada", role: "admin" },
  correlationId: "request-1",
};

/** A request whose commands run as the caller's; its answer is checked by the contract. */
function requestOf<Spec extends OperationSpec>(
  spec: Spec,
  body: ApiRequest<Spec>["body"],
): Parameters<ReturnType<typeof createSendingHandlers>["pauseSending"]>[0] {
  const origin: CommandOrigin = { organizationId: "acme", actor: CONTEXT.actor, correlationId: "request-1" };
  const request = {
    operationId: "any",
    spec,
    params: undefined,
    query: undefined,
    body,
    caller: CALLER,
    requestId: "request-1",
    ifMatch: undefined,
    wantsCsv: false,
    act: async <Value>(
      run: (as: CommandOrigin) => Promise<Decision<Value>>,
      bodyOf: (changes: readonly never[], value: Value) => object,
    ): Promise<ApiResult> => {
      const decision = await run(origin);
      return decision.ok ? { ok: true, body: bodyOf([], decision.value) } : decision;
    },
  };
  return request as never;
}

/** The commands on controls in memory. */
function sendingOf(initial: readonly SendingControl[] = []): Sending {
  const controls = [...initial];
  const set = async (
    { organizationId, provider: id, reason }: CommandOrigin & { provider: SendingControl["id"] },
    status: "open" | "paused",
  ) => {
    const index = controls.findIndex((one) => one.organizationId === organizationId && one.id === id);
    const context = { ...CONTEXT, ...(reason === undefined ? {} : { reason }) };
    const decision = setControl(controls[index], { organizationId, id, status }, context);
    if (decision.ok) controls.splice(Math.max(0, index), index < 0 ? 0 : 1, decision.value);
    return decision;
  };
  return {
    pause: (command) => set(command, "paused"),
    resume: (command) => set(command, "open"),
    controls: async () => controls,
  };
}

function dataOf(result: ApiResult, schema: { parse(body: unknown): unknown }): unknown {
  if (!result.ok) throw new Error(result.refusal.code);
  const body = JSON.parse(JSON.stringify(result.body));
  expect(schema.parse(body)).toEqual(body);
  return body.data;
}

const platforms = { organizationId: "platform", id: "stripe" } as const;
const tripped = (): SendingControl => {
  const paused = setControl(undefined, { ...platforms, status: "paused" }, { ...CONTEXT, reason: "401" });
  if (!paused.ok) throw new Error(paused.refusal.message);
  return { ...paused.value, status: "tripped", probeAt: CONTEXT.now };
};

describe("the sending controls", () => {
  const { getSendingControls, pauseSending, resumeSending } = sendingOperations;

  it("are open where nobody has set them", async () => {
    const handlers = createSendingHandlers({ sending: sendingOf() });
    const result = await handlers.getSendingControls(requestOf(getSendingControls, undefined) as never);
    const open = { status: "open", reason: null, probe_at: null, updated_at: null, updated_by: null };
    expect(dataOf(result, getSendingControls.answer.schema)).toEqual([
      { scope: "deployment", provider: "all", ...open },
      { scope: "deployment", provider: "stripe", ...open },
      { scope: "organization", provider: "all", ...open },
      { scope: "organization", provider: "stripe", ...open },
    ]);
  });

  it("show the deployment's state without its people, and the organization's own with them", async () => {
    const sending = sendingOf([tripped()]);
    const handlers = createSendingHandlers({ sending });
    await handlers.pauseSending(requestOf(pauseSending, { provider: "all", reason: "audit" }));
    const result = await handlers.getSendingControls(requestOf(getSendingControls, undefined) as never);
    expect(dataOf(result, getSendingControls.answer.schema)).toMatchObject([
      { scope: "deployment", provider: "all", status: "open" },
      { scope: "deployment", provider: "stripe", status: "tripped", probe_at: CONTEXT.now, updated_by: null },
      { scope: "organization", provider: "all", status: "paused", reason: "audit", updated_by: "ada" },
      { scope: "organization", provider: "stripe", status: "open" },
    ]);
  });

  it("are answered as they are after pausing and after resuming; what is so already is refused", async () => {
    const handlers = createSendingHandlers({ sending: sendingOf() });
    const paused = () => handlers.pauseSending(requestOf(pauseSending, { provider: "stripe", reason: "audit" }));
    const resumed = () => handlers.resumeSending(requestOf(resumeSending, { provider: "stripe" }) as never);
    expect(await resumed()).toMatchObject({ ok: false, refusal: { code: "sending_already_open" } });
    expect(dataOf(await paused(), pauseSending.answer.schema)).toEqual({
      scope: "organization",
      provider: "stripe",
      status: "paused",
      reason: "audit",
      probe_at: null,
      updated_at: CONTEXT.now,
      updated_by: "ada",
    });
    expect(await paused()).toMatchObject({ ok: false, refusal: { code: "sending_already_paused" } });
    expect(dataOf(await resumed(), resumeSending.answer.schema)).toMatchObject({ status: "open", reason: null });
  });
});

describe("the bodies", () => {
  it("mean everything where no provider is named, and name one that can be paused", () => {
    const { pauseSending, resumeSending } = sendingOperations;
    expect(pauseSending.body.parse({ reason: "audit" })).toEqual({ provider: "all", reason: "audit" });
    expect(resumeSending.body.parse({})).toEqual({ provider: "all" });
    expect(pauseSending.body.safeParse({}).success).toBe(false);
    expect(pauseSending.body.safeParse({ provider: "paypal", reason: "audit" }).success).toBe(false);
    expect(resumeSending.body.safeParse({ organization_id: "globex" }).success).toBe(false);
  });
});
