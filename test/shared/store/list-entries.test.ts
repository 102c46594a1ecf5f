import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnyRecord, RoleAssignment, SecurityEvent } from "../../../shared/domain/model.ts";
import { MAX_AMOUNT_MINOR } from "../../../shared/domain/money.ts";
import { fromItem, toItem } from "../../../shared/store/items.ts";
import { amountText, LIST_ATTRIBUTES, listEntries } from "../../../shared/store/list-index.ts";
import {
  CONTEXT,
  entryRecord,
  holdRecord,
  ORG,
  payeeRecord,
  scheduleRecord,
  transferRecord,
} from "../../support/records.ts";

const versioned = {
  organizationId: ORG,
  version: 1,
  createdAt: CONTEXT.now,
  updatedAt: CONTEXT.now,
  change: {
    eventId: "e",
    action: "role_assignment.granted",
    actor: CONTEXT.actor,
    correlationId: "c",
    at: CONTEXT.now,
  },
} as const;
const assignment: RoleAssignment = { ...versioned, id: "ada", role: "viewer", status: "active", grantedBy: "sue" };
const event: SecurityEvent = {
  ...versioned,
  id: "se_01JDR2V0Q8Z5Y7X3W1T9S6R4P2",
  kind: "new_address",
  riskLevel: "low",
  subject: "ada",
  detail: "somewhere else",
  requestId: "r",
};

const hold = holdRecord({ companyId: "initech", placementId: "pl-1" });
const schedule = scheduleRecord();
const transfer = transferRecord({ companyId: "initech", placementId: "pl-1" });
const { scheduledDate: _date, ...undated } = schedule;

describe("what a record is listed by", () => {
  it.each<[string, AnyRecord, Record<string, string>]>([
    [
      "a hold: its release date, status, reason, payee, company, placement and amount",
      { entity: "escrow_hold", ...hold },
      {
        listSk: `${hold.releaseDate}#${hold.id}`,
        ofAll: "acme#eh",
        ofStatus: "acme#eh#active",
        ofKind: "acme#eh#guarantee_period",
        ofPerson: "acme#eh#payee-1",
        ofCompany: "acme#eh#initech",
        ofPlacement: "acme#eh#pl-1",
        ofCurrency: "acme#eh#USD",
        amountSk: `0000000000200#${hold.id}`,
      },
    ],
    [
      "a schedule without a company and a placement: no entry there",
      { entity: "payout_schedule", ...schedule },
      {
        listSk: `${schedule.scheduledDate}#${schedule.id}`,
        ofAll: "acme#ps",
        ofStatus: "acme#ps#pending",
        ofKind: "acme#ps#guarantee_period_end",
        ofPerson: "acme#ps#payee-1",
        ofCurrency: "acme#ps#USD",
        amountSk: `0000000000800#${schedule.id}`,
      },
    ],
    [
      "a transfer: its creation, status and payee",
      { entity: "transfer", ...transfer },
      {
        listSk: `${CONTEXT.now}#${transfer.id}`,
        ofAll: "acme#tr",
        ofStatus: "acme#tr#pending",
        ofPerson: "acme#tr#payee-1",
      },
    ],
    [
      "a payee: its creation",
      { entity: "payee", ...payeeRecord() },
      { listSk: `${CONTEXT.now}#payee-1`, ofAll: "acme#pe" },
    ],
    [
      "a role: its creation",
      { entity: "role_assignment", ...assignment },
      { listSk: `${CONTEXT.now}#ada`, ofAll: "acme#ra" },
    ],
    [
      "a security event: risk level, kind and person",
      { entity: "security_event", ...event },
      {
        listSk: `${CONTEXT.now}#${event.id}`,
        ofAll: "acme#se",
        ofStatus: "acme#se#low",
        ofKind: "acme#se#new_address",
        ofPerson: "acme#se#ada",
      },
    ],
    ["a journal entry: nothing", { entity: "journal_entry", ...entryRecord([], 5) }, {}],
  ])("%s", (_name, record, entries) => {
    expect(listEntries(record)).toEqual(entries);
  });

  it("is no part of the record", () => {
    expect(Object.keys(toItem("escrow_hold", hold))).toEqual(expect.arrayContaining([...LIST_ATTRIBUTES]));
    expect(fromItem("escrow_hold", toItem("escrow_hold", hold))).toEqual(hold);
  });

  it("puts a schedule without a date after every date", () => {
    const entries = listEntries({ entity: "payout_schedule", ...undated });
    expect(entries.listSk).toBe(`undated-${CONTEXT.now}#${schedule.id}`);
    expect(String(entries.listSk) > "2199-12-31T23:59:59.999Z#ps_7").toBe(true);
  });

  it("moves only byStatus when only the status changes", () => {
    const before = listEntries({ entity: "escrow_hold", ...hold });
    const after = listEntries({
      entity: "escrow_hold",
      ...hold,
      status: "released",
      version: 2,
      updatedAt: "2026-06-01T00:00:00.000Z",
    });
    expect({ ...after, ofStatus: before.ofStatus }).toEqual(before);
    expect(after.ofStatus).toBe("acme#eh#released");
  });
});

it("amounts as text are in the order of the amounts", () => {
  const amounts = fc.integer({ min: 0, max: MAX_AMOUNT_MINOR });
  fc.assert(
    fc.property(amounts, amounts, (a, b) => {
      expect(Math.sign(a - b)).toBe(amountText(a) === amountText(b) ? 0 : amountText(a) < amountText(b) ? -1 : 1);
    }),
  );
});
