import { expect, test } from "vitest";
import { actionGroups, describeAction } from "../../../../console/src/features/audit-log/entry-words.ts";
import { entityTypeOf, namedRecordOf } from "../../../../console/src/features/audit-log/named-record.ts";
import { auditActions } from "../../../../shared/api/contract/audit-log.ts";

test("every action that a line can have can be chosen, once, and has words of its own", () => {
  const offered = actionGroups.flatMap(({ items }) => items);
  expect(offered.map(({ value }) => value).toSorted()).toEqual([...auditActions].toSorted());
  expect(new Set(offered.map(({ label }) => label)).size).toBe(offered.length);
  for (const { label } of offered) expect(label).toMatch(/^[A-Z][A-Za-z’, ]+$/);
});

test("an action of a later version is spelled out", () => {
  expect(describeAction("payout_batch.content_approved")).toBe("payout batch content approved");
});

test("ids of a payout's family and fixed names tell their kind, others don't", () => {
  expect(entityTypeOf("eh_4Z1W92K683X3S1MBW0PAEFE102")).toBe("escrow_hold");
  expect(entityTypeOf("se_01MF5G4DWGM1DXYBTC5W6QQ1SE")).toBe("security_event");
  expect(entityTypeOf("settings")).toBe("settings");
  expect(entityTypeOf("eh_short")).toBeUndefined();
  expect(entityTypeOf("amara")).toBeUndefined();
});

test("an address names a record where its kind is given or told", () => {
  expect(namedRecordOf("payee", "amara")).toEqual({ entityType: "payee", entityId: "amara" });
  expect(namedRecordOf(undefined, "roster")).toEqual({ entityType: "role_roster", entityId: "roster" });
  expect(namedRecordOf("nonsense", "amara")).toBeUndefined();
  expect(namedRecordOf("payee", undefined)).toBeUndefined();
});
