import { describe, expect, it } from "vitest";
import { create } from "../../../shared/domain/decision.ts";
import type { Settings } from "../../../shared/domain/model.ts";
import { type SettingsPatch, updateSettings } from "../../../shared/domain/settings.ts";
import { CONTEXT, ORG } from "../../support/records.ts";

const OWN: Settings = create(
  "settings",
  {
    id: "settings",
    organizationId: ORG,
    policy: { holdbackBp: 1_000, timeZone: "Europe/Berlin" },
    highValueMinor: { USD: 500_000, EUR: 400_000 },
    coolingOffHours: 48,
    allowedCidrs: ["203.0.113.0/24"],
    workingHours: { from: 7, to: 19 },
  },
  "settings.updated",
  CONTEXT,
);

const update = (settings: Settings | undefined, patch: SettingsPatch, version = settings?.version ?? 0) =>
  updateSettings(settings, { organizationId: ORG, version, patch }, CONTEXT);

describe("settings", () => {
  it("are made by the first change, with nothing but what was named", () => {
    const decision = update(undefined, { policy: { guaranteeDays: 30 }, approverLimitMinor: { USD: 5 } });
    expect(decision).toMatchObject({
      ok: true,
      changes: [{ entity: "settings", after: { version: 1, change: { action: "settings.updated" } } }],
    });
    const { id, organizationId, version, change, createdAt, updatedAt, ...own } =
      (decision.ok && decision.value) || OWN;
    expect(own).toEqual({ policy: { guaranteeDays: 30 }, approverLimitMinor: { USD: 5 } });
  });

  it("keep what is not named, field by field and currency by currency", () => {
    const decision = update(OWN, { policy: { guaranteeDays: 30 }, highValueMinor: { USD: 1, GBP: 2 } });
    expect(decision.ok && decision.value).toMatchObject({
      ...{ version: 2, coolingOffHours: 48, allowedCidrs: ["203.0.113.0/24"], workingHours: { from: 7, to: 19 } },
      policy: { holdbackBp: 1_000, timeZone: "Europe/Berlin", guaranteeDays: 30 },
      highValueMinor: { USD: 1, EUR: 400_000, GBP: 2 },
    });
  });

  it("go back to the defaults where they are null", () => {
    const decision = update(OWN, {
      policy: { holdbackBp: null },
      ...{ highValueMinor: { USD: null, EUR: null }, coolingOffHours: null, allowedCidrs: null, workingHours: null },
    });
    const own = decision.ok ? decision.value : undefined;
    expect(own?.policy).toEqual({ timeZone: "Europe/Berlin" });
    for (const field of ["highValueMinor", "coolingOffHours", "allowedCidrs", "workingHours"]) {
      expect(own).not.toHaveProperty(field);
    }
  });

  it("without cooling off differ from settings that say nothing about it", () => {
    const decision = update(OWN, { coolingOffHours: 0 });
    expect(decision.ok && decision.value?.coolingOffHours).toBe(0);
  });

  it("with an empty allow-list have none", () => {
    const decision = update(OWN, { allowedCidrs: [] });
    expect(decision.ok && decision.value).not.toHaveProperty("allowedCidrs");
  });

  it("name an address range once", () => {
    const decision = update(OWN, { allowedCidrs: ["10.0.0.0/8", "10.0.0.0/8"] });
    expect(decision.ok && decision.value?.allowedCidrs).toEqual(["10.0.0.0/8"]);
  });

  it("that stay what they are write nothing", () => {
    expect(update(OWN, { policy: { holdbackBp: 1_000 }, highValueMinor: { EUR: 400_000 } })).toEqual({
      ok: true,
      changes: [],
      value: OWN,
    });
    expect(update(undefined, { workingHours: null })).toEqual({ ok: true, changes: [], value: undefined });
  });

  it.each([
    ["at another version", OWN, 2],
    ["where there were none yet", OWN, 0],
    ["that are gone", undefined, 1],
  ])("read %s are not changed", (_when, settings, version) => {
    expect(update(settings, { coolingOffHours: 1 }, version)).toMatchObject({ refusal: { code: "version_mismatch" } });
  });
});
