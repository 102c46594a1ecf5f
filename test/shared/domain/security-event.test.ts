import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FlagIdentity, flagIdOf, riskOfRefusal, securityEvent } from "../../../shared/domain/security-event.ts";
import { contextAt, START } from "../../support/domain-records.ts";

describe("a refused action's risk", () => {
  it.each([
    ["hold_already_released", "info"],
    ["version_mismatch", "info"],
    ["not_found", "info"],
    ["permission_required", "low"],
    ["not_operator_organization", "low"],
    ["address_not_allowed", "medium"],
    ["payout_approved_by_creator", "medium"],
    ["sent_by_creator", "medium"],
    ["sent_by_approver", "medium"],
    ["role_above_own", "medium"],
    ["role_own", "medium"],
    ["approver_limit_exceeded", "medium"],
  ])("of %s is %s", (code, risk) => {
    expect(riskOfRefusal(code)).toBe(risk);
  });
});

describe("a security event", () => {
  it.each([
    ["action_refused", "security.action_refused"],
    ["data_exported", "security.data_read"],
    ["sensitive_data_read", "security.data_read"],
    ["dead_letter_redriven", "security.dead_letter_redriven"],
    ["unusual_frequency", "security.suspicious_activity"],
    ["destination_changed_before_payout", "security.suspicious_activity"],
  ] as const)("of kind %s is told as %s", (kind, action) => {
    const facts = { id: "se_1", organizationId: "acme", kind, riskLevel: "info", subject: "ada" } as const;
    const change = securityEvent({ ...facts, detail: "d", requestId: "r" }, contextAt(START));
    expect(change).toMatchObject({ entity: "security_event", after: { ...facts, version: 1, change: { action } } });
    expect(change.before).toBeUndefined();
  });
});

describe("a flag's id", () => {
  const flag: FlagIdentity = {
    organizationId: "acme",
    subject: "ada",
    kind: "unusual_frequency",
    riskLevel: "medium",
    at: "2026-11-21T09:00:00.000Z",
  };

  it("is the same all through an hour and another in the next", () => {
    const minute = fc.integer({ min: 0, max: 3_599_999 });
    fc.assert(
      fc.property(minute, (ms) => {
        const at = new Date(Date.parse(flag.at) + ms).toISOString();
        expect(flagIdOf({ ...flag, at })).toBe(flagIdOf(flag));
      }),
    );
    expect(flagIdOf({ ...flag, at: "2026-11-21T10:00:00.000Z" })).not.toBe(flagIdOf(flag));
    expect(flagIdOf({ ...flag, at: "2026-11-22T09:00:00.000Z" })).not.toBe(flagIdOf(flag));
  });

  it.each<Partial<FlagIdentity>>([
    { organizationId: "globex" },
    { subject: "bob" },
    { kind: "many_failures" },
    { riskLevel: "high" },
    { about: "eh_1" },
  ])("differs with %o", (other) => {
    expect(flagIdOf({ ...flag, ...other })).not.toBe(flagIdOf(flag));
    expect(flagIdOf({ ...flag, ...other })).toMatch(/^se_[0-9A-Z]{24}$/);
  });
});
