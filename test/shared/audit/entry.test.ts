import { describe, expect, test } from "vitest";
import { NO_HASH } from "../../../shared/audit/chain.ts";
import { auditContent } from "../../../shared/audit/entry.ts";
import { chained } from "../../../shared/audit/hash.ts";
import { actorPk, auditItem, auditKey, lineOfItem } from "../../../shared/audit/items.ts";
import { readChange } from "../../../shared/events/stream-change.ts";
import { PLACE_FIELDS } from "../../../shared/store/keys.ts";
import { ACCOUNT_NUMBER, AT, changed, full, itemOf, minimal, next, streamRecord } from "../events/records.ts";

const hold = minimal.escrow_hold;
const released = next("escrow_hold", hold, { status: "released" });

describe("a command's change", () => {
  const content = auditContent(readChange(changed("escrow_hold", hold, released)));

  test("says who changed what, when and why", () => {
    expect(content).toMatchObject({
      id: `acme/escrow_hold/${hold.id}/2`,
      organization_id: "acme",
      entity_type: "escrow_hold",
      entity_id: hold.id,
      payout_id: hold.payoutId,
      action: "escrow_hold.updated",
      old_status: "active",
      new_status: "released",
      changed_by: "u-1",
      changed_by_type: "user",
      changed_by_role: "manager",
      reason: null,
      metadata: { event_id: released.change.eventId, correlation_id: "corr-1", version: 2 },
      created_at: AT,
    });
  });

  test("shows the record before and after, without keys and indexes", () => {
    expect(content.before_state).toMatchObject({ status: "active", amountMinor: 25_000, version: 1 });
    expect(content.after_state).toMatchObject({ status: "released" });
    for (const key of PLACE_FIELDS) expect(content.before_state).not.toHaveProperty(key);
  });
});

test("a new record has no state before", () => {
  const content = auditContent(readChange(changed("payout", undefined, minimal.payout)));
  expect(content).toMatchObject({ before_state: null, old_status: null, payout_id: minimal.payout.id });
});

test("account numbers are masked at any depth, flagged or not", () => {
  const item = itemOf("payee", full.payee);
  for (const record of [changed("payee", undefined, full.payee), streamRecord({ before: item })]) {
    const text = JSON.stringify(auditContent(readChange(record)));
    expect(text).not.toContain(ACCOUNT_NUMBER);
    expect(text).toContain("******7890");
  }
});

describe("a change behind the commands' back", () => {
  const item = itemOf("escrow_hold", hold);
  const record = streamRecord({ before: item, after: { ...item, duePk: "due#never" } });
  const content = auditContent(readChange(record));

  test("is nobody's, at the stream's time, and names the problem", () => {
    expect(content).toMatchObject({
      action: "out_of_band_change",
      changed_by: "unknown",
      changed_by_type: "system",
      created_at: AT,
      metadata: { correlation_id: null, version: 1, problem: "stamp_unchanged" },
    });
  });

  test("shows keys and indexes too, since they may be all that changed", () => {
    expect(content.after_state).toMatchObject({ duePk: "due#never", pk: item.pk });
  });

  test("stands after its version and before the next", () => {
    const flagged = auditKey(content).sk;
    const own = auditKey(auditContent(readChange(changed("escrow_hold", undefined, hold)))).sk;
    const following = auditKey(auditContent(readChange(changed("escrow_hold", hold, released)))).sk;
    expect([following, flagged, own].sort()).toEqual([own, flagged, following]);
  });
});

test("an item is its line with key and index entries", () => {
  const line = chained(auditContent(readChange(changed("escrow_hold", hold, released))), NO_HASH);
  const item = auditItem(line);
  expect(item).toMatchObject({
    pk: `acme#escrow_hold#${hold.id}`,
    sk: "000000000002",
    dayPk: "acme#2026-11-21",
    daySk: `${AT}#${released.change.eventId}`,
    actorPk: actorPk("acme", "u-1"),
    actionPk: "acme#escrow_hold.updated",
  });
  expect(lineOfItem(item)).toEqual(line);
});
