import type { AttributeValue, DynamoDBRecord } from "aws-lambda";
import type { ChangeStamp, RecordTypes, Versioned } from "../../../shared/domain/model.ts";
import { keyOf, toItem } from "../../../shared/store/items.ts";

export const ORG = "acme";
export const AT = "2026-11-21T09:00:00.000Z";
const FAMILY = "01KAJ0000000000000000000";
export const ACCOUNT_NUMBER = "1234567890";

export function stamp(entity: string, id: string, version: number, action = `${entity}.updated`): ChangeStamp {
  return {
    eventId: `${ORG}/${entity}/${id}/${version}`,
    action,
    actor: { type: "user", id: "u-1", role: "manager" },
    correlationId: "corr-1",
    at: AT,
  };
}

function versioned(entity: string, id: string): Versioned {
  return {
    organizationId: ORG,
    version: 1,
    change: stamp(entity, id, 1, `${entity}.created`),
    createdAt: AT,
    updatedAt: AT,
  };
}

/** A family's id of its own for tests that need many records. */
export function familyNumber(number: number): string {
  return FAMILY.slice(0, -6) + number.toString(10).padStart(6, "0");
}

const member = { payoutId: `po_${FAMILY}00`, payeeId: "payee-1" };
const xendit = {
  provider: "xendit",
  channelCode: "ID_BCA",
  accountNumber: ACCOUNT_NUMBER,
  accountHolderName: "Ana",
} as const;
const policy = {
  holdbackBp: 2050,
  guaranteeDays: 90,
  triggerEvent: "guarantee_period_end",
  approval: "auto",
  timeZone: "Europe/Berlin",
} as const;

/** One record of each kind with only what every such record has. */
export const minimal: RecordTypes = {
  payout: {
    ...versioned("payout", `po_${FAMILY}00`),
    id: `po_${FAMILY}00`,
    payeeId: "payee-1",
    source: "placement",
    currency: "USD",
    amountMinor: 125_000,
    heldMinor: 25_000,
    paidMinor: 0,
    inTransferMinor: 0,
    setOffMinor: 0,
    forfeitedMinor: 0,
    cancelledMinor: 0,
    reversedMinor: 0,
    status: "approved",
    approval: { mode: "auto", state: "approved" },
    policy,
    children: 3,
    createdBy: "intake",
  },
  payout_schedule: {
    ...versioned("payout_schedule", `ps_${FAMILY}01`),
    ...member,
    id: `ps_${FAMILY}01`,
    triggerEvent: "manual",
    amountMinor: 100_000,
    currency: "USD",
    status: "pending",
    retryCount: 0,
  },
  escrow_hold: {
    ...versioned("escrow_hold", `eh_${FAMILY}02`),
    ...member,
    id: `eh_${FAMILY}02`,
    amountMinor: 25_000,
    originalMinor: 25_000,
    currency: "USD",
    holdReason: "guarantee_period",
    holdDate: AT,
    releaseDate: "2027-02-19T23:00:00.000Z",
    status: "active",
  },
  transfer: {
    ...versioned("transfer", `tr_${FAMILY}03`),
    ...member,
    id: `tr_${FAMILY}03`,
    cause: { entity: "payout_schedule", id: `ps_${FAMILY}01` },
    provider: "stripe",
    destination: { provider: "stripe", account: "acct_1" },
    amountMinor: 100_000,
    currency: "USD",
    status: "pending",
    epoch: 1,
    attempts: 0,
    unknowns: 0,
    reversedMinor: 0,
  },
  payee: {
    ...versioned("payee", "payee-1"),
    id: "payee-1",
    name: "Ana",
    defaultCurrency: "USD",
    verified: true,
    destinations: [],
    sourceTime: AT,
  },
  placement: { ...versioned("placement", "pl-1"), id: "pl-1", status: "announced", payoutIds: [] },
  journal_entry: {
    ...versioned("journal_entry", `je_${FAMILY}04`),
    ...member,
    id: `je_${FAMILY}04`,
    currency: "USD",
    kind: "accrual",
    postings: [
      { account: "expense", amountMinor: 10 },
      { account: "payable", amountMinor: -10 },
    ],
    cause: { entity: "payout", id: `po_${FAMILY}00`, version: 1 },
  },
  sending_control: { ...versioned("sending_control", "stripe"), id: "stripe", status: "open" },
  provider_event: {
    ...versioned("provider_event", "evt_1"),
    id: "evt_1",
    provider: "stripe",
    type: "transfer.created",
    objectId: "tr_1",
    providerCreatedAt: AT,
    status: "received",
  },
  settings: { ...versioned("settings", "settings"), id: "settings", policy: {} },
  role_assignment: {
    ...versioned("role_assignment", "olga"),
    id: "olga",
    role: "operator",
    status: "active",
    grantedBy: "root",
  },
  role_roster: { ...versioned("role_roster", "roster"), id: "roster", superAdmins: ["root"] },
  approver_usage: { ...versioned("approver_usage", "max#USD"), id: "max#USD", quarters: [] },
  security_event: {
    ...versioned("security_event", "se_1"),
    id: "se_1",
    kind: "action_refused",
    riskLevel: "low",
    subject: "olga",
    detail: "d",
    requestId: "r-1",
  },
};

const blocker = { code: "outcome_unknown", since: AT, fixableBy: "system", nextCheckAt: AT, detail: "d" } as const;
const firing = { plannedAt: AT, firedAt: AT, path: "sweep", latenessSeconds: 7 } as const;
const dateRule = { startDate: "2026-11-21", days: 90, timeZone: "Europe/Berlin" };
const related = { placementId: "pl-1", companyId: "co-1", firing, blocker, transferId: `tr_${FAMILY}03` };

/** The same with everything that a record can have. */
export const full: RecordTypes = {
  payout: {
    ...minimal.payout,
    companyId: "co-1",
    placementId: "pl-1",
    period: "2026-11",
    approval: { mode: "manual", state: "rejected", by: "u-2", at: AT, reason: "wrong fee" },
    destination: xendit,
    notes: "n",
    senders: ["u-3"],
    paidOutsideMinor: 5,
    externalReference: "wire 4711",
    paidAt: AT,
    endReason: "e",
    clawback: { reason: "left", at: AT },
  },
  payout_schedule: {
    ...minimal.payout_schedule,
    ...related,
    scheduledDate: AT,
    guaranteeCompletionDate: AT,
    dateRule,
    processedAt: AT,
    lastRetryAt: AT,
    failureCode: "f",
    failureReason: "fr",
  },
  escrow_hold: {
    ...minimal.escrow_hold,
    ...related,
    holdbackBp: 2050,
    reason: "r",
    dateRule,
    releasedAt: AT,
    releasedBy: "u-2",
    releaseNotes: "n",
    cancelledAt: AT,
  },
  transfer: {
    ...minimal.transfer,
    placementId: "pl-1",
    companyId: "co-1",
    destination: xendit,
    epochSentAt: AT,
    lease: { id: "l", until: AT },
    lastAttemptAt: AT,
    nextAttemptAt: AT,
    outcome: { class: "funds", code: "balance_insufficient", message: "m", at: AT },
    providerTransferId: "tr_9",
    completedAt: AT,
    reversals: [
      {
        id: `tr_${FAMILY}03-r1`,
        amountMinor: 5,
        reason: "paid twice by hand",
        requestedBy: "u-4",
        requestedAt: AT,
        status: "failed",
        reversedBeforeMinor: 0,
        failureCode: "insufficient",
        failureReason: "m",
        providerReversalId: "trr_1",
      },
    ],
    settled: { outcome: "completed", evidence: "statement", by: "u-4", at: AT },
    paidOutAt: AT,
    workflow: "requested",
    blocker,
  },
  payee: {
    ...minimal.payee,
    email: "ana@example.com",
    country: "DE",
    tier: "gold",
    payoutFrequency: "weekly",
    minimumPayoutMinor: 5_000,
    destinations: [{ provider: "stripe", account: "acct_1" }, xendit],
    destinationChangedAt: AT,
    destinationUsableFrom: AT,
  },
  placement: {
    ...minimal.placement,
    companyId: "co-1",
    currency: "USD",
    feeMinor: 500_000,
    startDate: "2026-11-21",
    activationHash: "h",
    payoutIds: [`po_${FAMILY}00`],
    contractSignedAt: AT,
    milestoneReachedAt: AT,
    endedAt: AT,
    endReason: "e",
  },
  journal_entry: minimal.journal_entry,
  sending_control: { ...minimal.sending_control, status: "tripped", reason: "401", probeAt: AT },
  provider_event: { ...minimal.provider_event, account: "acct_1", note: "n" },
  settings: {
    ...minimal.settings,
    policy,
    highValueMinor: { USD: 100_000 },
    approverLimitMinor: { USD: 5_000_000 },
    coolingOffHours: 24,
    allowedCidrs: ["192.0.2.0/24"],
    workingHours: { from: 7, to: 19 },
  },
  role_assignment: { ...minimal.role_assignment, role: "payee", scopeId: "payee-1", label: "Olga" },
  role_roster: minimal.role_roster,
  approver_usage: { ...minimal.approver_usage, quarters: [{ from: AT, amountMinor: 5 }] },
  security_event: {
    ...minimal.security_event,
    role: "operator",
    sourceIp: "192.0.2.1",
    operation: "releaseEscrowHold",
    code: "permission_required",
    entityId: `eh_${FAMILY}02`,
  },
};

export type AnyRecord = RecordTypes[keyof RecordTypes];

/** The next version of a record, as a command would leave it. */
export function next<R extends AnyRecord>(entity: keyof RecordTypes, record: R, patch: Partial<R>): R {
  const version = record.version + 1;
  return { ...record, ...patch, version, change: stamp(entity, record.id, version) };
}

export function itemOf<E extends keyof RecordTypes>(entity: E, record: RecordTypes[E]): Record<string, unknown> {
  return toItem(entity, record);
}

let sequence = 0;

/** A record of the table's stream as Lambda gets it. Sequence numbers grow by one per call. */
export function streamRecord(images: {
  before?: Readonly<Record<string, unknown>>;
  after?: Readonly<Record<string, unknown>>;
}): DynamoDBRecord {
  sequence += 1;
  const { before, after } = images;
  const keys = after ?? before ?? {};
  return {
    eventID: `e${sequence}`,
    eventName: before === undefined ? "INSERT" : after === undefined ? "REMOVE" : "MODIFY",
    dynamodb: {
      ApproximateCreationDateTime: Date.parse(AT) / 1000,
      Keys: encodeImage({ pk: keys.pk, sk: keys.sk }),
      SequenceNumber: String(100_000 + sequence),
      ...(before !== undefined && { OldImage: encodeImage(before) }),
      ...(after !== undefined && { NewImage: encodeImage(after) }),
    },
  };
}

/** The stream record of a record's change. */
export function changed<E extends keyof RecordTypes>(
  entity: E,
  before: RecordTypes[E] | undefined,
  after: RecordTypes[E],
): DynamoDBRecord {
  return streamRecord({
    after: itemOf(entity, after),
    ...(before !== undefined && { before: { ...itemOf(entity, before), ...keyOf(entity, after) } }),
  });
}

function encodeImage(image: Readonly<Record<string, unknown>>): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(image)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, encode(value)]),
  );
}

function encode(value: unknown): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (typeof value === "boolean") return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(encode) };
  return { M: encodeImage(value as Record<string, unknown>) };
}
