/**
 * The fewest request units that the design allows for one payout, step by step: one payee, all of it held, one release,
 * one transfer, one webhook, and nothing fails. Nothing here is measured; `npm run bench` holds the measured units against it.
 *
 * A write unit is 1 KB of one item; in a transaction it counts twice. Every index entry that is made or removed is one
 * more, in a transaction too. A read unit is a strong read of one item up to 4 KB, also of one that isn't there.
 */
export interface Step {
  readonly functionName: string;
  readonly step: string;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly reason: string;
}

export const fewestUnits: readonly Step[] = [
  {
    functionName: "intake-events",
    step: "take the placement in",
    writeUnits: 24,
    readUnits: 3,
    reason:
      "placement, payout, hold, journal entry and balance must be one transaction (5 × 2); the hold enters the due index (1), payout and hold enter the lists of all, by status, payee, company, placement and amount, and the hold by its reason (6 + 7); settings, placement and payee decide what is written",
  },
  {
    functionName: "plan-schedules",
    step: "plan the release",
    writeUnits: 0,
    readUnits: 1,
    reason:
      "every reactor reads the current state: the hold when it is created; a schedule that has fired deletes itself",
  },
  {
    functionName: "release-due",
    step: "release the hold",
    writeUnits: 19,
    readUnits: 4,
    reason:
      "payout, hold, transfer, journal entry and balance are one transaction (5 × 2); the hold leaves the due index and the transfer enters it (2), the transfer enters the lists of all, by status and by payee (3), payout and hold move from one status to another (2 × 2); payout, hold, payee and the payee's debt decide",
  },
  {
    functionName: "attempt-transfer",
    step: "claim the transfer",
    writeUnits: 4,
    readUnits: 5,
    reason:
      "one conditional write of the transfer, which needs no transaction (1), its move from one status to another (2), and a place in the second's rate limit (1); transfer, payout, payee and the two sending controls decide",
  },
  {
    functionName: "attempt-transfer",
    step: "record the outcome",
    writeUnits: 13,
    readUnits: 3,
    reason:
      "payout, transfer, journal entry and balance are one transaction (4 × 2); the transfer leaves the due index (1), payout and transfer move from one status to another (2 × 2); time has passed with the provider, so transfer, payout and the provider's control are read again",
  },
  {
    functionName: "receive-stripe-webhook",
    step: "store the webhook",
    writeUnits: 1,
    readUnits: 0,
    reason: "one conditional write",
  },
  {
    functionName: "apply-provider-event",
    step: "apply the webhook",
    writeUnits: 1,
    readUnits: 3,
    reason: "the stored event, the transfer and the payout are read; the event is marked by one conditional write",
  },
  {
    functionName: "relay-changes",
    step: "count",
    writeUnits: 26,
    readUnits: 0,
    reason:
      "four of the commits change what is counted, each a batch of its own: per batch one transaction of the counters (2), of what happened that day (2) and one mark per partition (2), two partitions for the first; fuller batches share the counters",
  },
  {
    functionName: "write-audit",
    step: "write the audit lines",
    writeUnits: 63,
    readUnits: 6,
    reason:
      "14 changes are 14 lines: the started KB of the record before and after, as if a line's own fields took no room (21), and an entry in each of three indexes (42); a record's later lines read the hash they link to, the first of each record links to none",
  },
];
