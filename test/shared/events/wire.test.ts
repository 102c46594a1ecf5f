import { expect, test } from "vitest";
import type { EntityName } from "../../../shared/domain/model.ts";
import { maskAccount, presentRecord } from "../../../shared/events/wire.ts";
import { wireSchemas } from "../../../shared/events/wire-schemas.ts";
import { full, minimal } from "./records.ts";

const entities = Object.keys(wireSchemas) as EntityName[];

test.each(entities)("the wire form of a %s is its schema's, no field more or less", (entity) => {
  for (const record of [minimal[entity], full[entity]]) {
    const wire = presentRecord(entity, record as never);
    expect(wireSchemas[entity].strict().safeParse(wire).error).toBeUndefined();
    expect(Object.keys(wire).sort()).toEqual(Object.keys(wireSchemas[entity].shape).sort());
  }
});

test.each(entities)("a full %s leaves no documented field null, but for what other records know", (entity) => {
  const wire: Record<string, unknown> = presentRecord(entity, full[entity] as never);
  const empty = Object.keys(wire).filter((field) => wire[field] === null);
  const elsewhere: Partial<Record<EntityName, string[]>> = {
    escrow_hold: ["transfer_status"],
    payout: ["approved_by", "approved_at"],
  };
  expect(empty.sort()).toEqual((elsewhere[entity] ?? []).sort());
});

test("a hold shows percent, release path and lateness, and its transfer's status where it is known", () => {
  const wire = presentRecord("escrow_hold", full.escrow_hold, { transferStatus: "completed" });
  expect(wire).toMatchObject({
    hold_amount: 25_000,
    holdback_percentage: 20.5,
    release_path: "sweep",
    lateness_seconds: 7,
    transfer_status: "completed",
  });
});

test("a payout tells who approved it, or why it was rejected", () => {
  const approval = { mode: "manual", state: "approved", by: "u-2", at: "2026-11-21T09:00:00.000Z" } as const;
  expect(presentRecord("payout", { ...minimal.payout, approval })).toMatchObject({ approved_by: "u-2" });
  expect(presentRecord("payout", full.payout)).toMatchObject({ approved_by: null, rejected_reason: "wrong fee" });
});

test("an account number shows its last four characters, a short one nothing", () => {
  expect(presentRecord("transfer", full.transfer).destination).toMatchObject({ account_number: "******7890" });
  expect(maskAccount("1234")).toBe("****");
});
