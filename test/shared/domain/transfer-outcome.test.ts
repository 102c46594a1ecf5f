import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Transfer } from "../../../shared/domain/model.ts";
import { backoffMs, recordVerdict, type Verdict } from "../../../shared/domain/transfer-outcome.ts";
import {
  accepted,
  afterOf,
  afterStart,
  blockerCode,
  claimedAt,
  contextAt,
  controlOf,
  firedFamily,
  HOUR_MS,
  MINUTE_MS,
  onlyAfter,
  START,
} from "../../support/domain-records.ts";
import { refused, unknown } from "../../support/domain-transfer-model.ts";

const sending = firedFamily();
const fresh = claimedAt(sending, START);
/** A call under the same key whose outcome nobody learned, then another. */
const unsure: Transfer = { ...fresh, unknowns: 1, attempts: 1 };
const NOW = afterStart(1_000);

function record(transfer: Transfer, verdict: Verdict, now = NOW, overrides: Partial<typeof sending> = {}) {
  const around = { ...sending, random: 0, ...overrides };
  return recordVerdict(transfer, verdict, around, contextAt(now));
}

const found = (count: number, matches: boolean): Verdict => ({
  kind: "found",
  providerTransferId: "tr_x",
  count,
  matches,
});
const NOT_FOUND: Verdict = { kind: "not_found" };

interface Row {
  readonly name: string;
  readonly verdict: Verdict;
  /** status, epoch moved?, attempts, blocker, workflow, action */
  readonly fresh: readonly [string, boolean, number, string, boolean, string];
  readonly unsure: readonly [string, boolean, number, string, boolean, string];
}

const completed = ["completed", false, 1, "-", false, "completed"] as const;
const asked = ["outcome_unknown", false, 0, "-", true, "retry_scheduled"] as const;
const askedCounted = ["outcome_unknown", false, 1, "-", true, "retry_scheduled"] as const;
const person = ["outcome_unknown", false, 0, "person_required", false, "updated"] as const;
const failed = ["failed_terminal", true, 1, "person_required", false, "failed"] as const;
const retryable = ["retryable", false, 1, "-", true, "retry_scheduled"] as const;
const funds = ["awaiting_funds", true, 0, "insufficient_funds", false, "updated"] as const;
const payee = ["awaiting_payee", true, 0, "payee_action_required", false, "updated"] as const;

const ROWS: readonly Row[] = [
  { name: "accepted", verdict: { kind: "accepted", providerTransferId: "tr_x" }, fresh: completed, unsure: completed },
  { name: "found once", verdict: found(1, true), fresh: completed, unsure: completed },
  { name: "found twice", verdict: found(2, true), fresh: person, unsure: person },
  { name: "found, other details", verdict: found(1, false), fresh: person, unsure: person },
  { name: "not found, too early", verdict: NOT_FOUND, fresh: asked, unsure: asked },
  { name: "look-up failed", verdict: { kind: "look_up_failed", code: "x", message: "x" }, fresh: asked, unsure: asked },
  { name: "unknown", verdict: unknown("unknown"), fresh: asked, unsure: asked },
  { name: "unknown, replayed", verdict: unknown("unknown", true), fresh: asked, unsure: asked },
  { name: "in progress", verdict: unknown("in_progress"), fresh: asked, unsure: asked },
  { name: "mismatch", verdict: unknown("mismatch"), fresh: asked, unsure: asked },
  { name: "throttled", verdict: refused("throttled", false), fresh: retryable, unsure: askedCounted },
  { name: "throttled, settling", verdict: refused("throttled", true), fresh: retryable, unsure: retryable },
  { name: "funds, settling", verdict: refused("funds", true), fresh: funds, unsure: funds },
  { name: "funds", verdict: refused("funds", false), fresh: funds, unsure: asked },
  { name: "payee", verdict: refused("payee", false), fresh: payee, unsure: asked },
  { name: "payee, settling", verdict: refused("payee", true), fresh: payee, unsure: payee },
  { name: "rejected", verdict: refused("rejected", false), fresh: failed, unsure: askedCounted },
  { name: "rejected, settling", verdict: refused("rejected", true), fresh: failed, unsure: failed },
  { name: "unrecognised", verdict: refused("unrecognised", false), fresh: failed, unsure: askedCounted },
  { name: "unrecognised, settling", verdict: refused("unrecognised", true), fresh: failed, unsure: failed },
  {
    name: "configuration",
    verdict: refused("configuration", false),
    fresh: ["pending", false, 0, "provider_circuit_open", false, "updated"],
    unsure: ["outcome_unknown", false, 0, "provider_circuit_open", false, "updated"],
  },
];

describe.each(["fresh", "unsure"] as const)("a verdict on a %s transfer", (state) => {
  const before = state === "fresh" ? fresh : unsure;
  it.each(ROWS)("$name", ({ verdict, ...row }) => {
    const { changes } = accepted(record(before, verdict));
    const transfer = onlyAfter("transfer", changes);
    const moved = transfer.epoch !== before.epoch;
    const [, action] = transfer.change.action.split(".");
    expect([
      transfer.status,
      moved,
      transfer.attempts,
      blockerCode(transfer) ?? "-",
      transfer.workflow !== undefined,
      action,
    ]).toEqual(row[state]);
    expect(transfer.lease).toBeUndefined();
    if (moved) {
      expect(transfer).toMatchObject({ epoch: before.epoch + 1, unknowns: 0 });
      expect([transfer.epochSentAt, transfer.lastSentAt, transfer.lookUpOnly]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
    // As long as a call's outcome is unknown, its key stays in use.
    if (transfer.status === "outcome_unknown") expect(transfer.epochSentAt).toBe(before.epochSentAt);
    const next = ["completed", "failed_terminal"].includes(transfer.status);
    expect(transfer.nextAttemptAt === undefined).toBe(next);
  });
});

describe("every verdict on a finished transfer", () => {
  it.each(ROWS)("$name: refused", ({ verdict }) => {
    for (const status of ["completed", "reversed", "failed_terminal"] as const) {
      const decision = record({ ...fresh, status }, verdict);
      expect(decision.ok ? "accepted" : decision.refusal.code).toBe("transfer_finished");
    }
  });
});

describe("an attempt that lost its lease", () => {
  const attempt = { leaseId: "overtaken", epoch: 1 };
  const settles = new Set(["accepted", "found once"]);
  it.each(ROWS)("$name: only money that moved counts", ({ name, verdict }) => {
    const around = { ...sending, random: 0, attempt };
    const decision = recordVerdict(fresh, verdict, around, contextAt(NOW));
    if (!settles.has(name)) return expect(decision.ok ? "accepted" : decision.refusal.code).toBe("attempt_superseded");
    expect(onlyAfter("transfer", accepted(decision).changes).status).toBe("completed");
  });

  it("and whose money moved under an earlier key stops all sending until a person has looked", () => {
    const later: Transfer = { ...fresh, epoch: 2 };
    const verdict: Verdict = { kind: "accepted", providerTransferId: "tr_x" };
    const decision = recordVerdict(later, verdict, { ...sending, random: 0, attempt }, contextAt(NOW));
    const { changes, value } = accepted(decision);
    const transfer = onlyAfter("transfer", changes);
    expect(transfer).toMatchObject({ status: "outcome_unknown", lookUpOnly: true, epoch: 2 });
    expect(value.alert).toContain("epoch 1");
  });
});

describe("an empty look-up", () => {
  const lookUp = (askedAt: string): Transfer => ({
    ...unsure,
    lookUpOnly: true,
    lastSentAt: START,
    lastAttemptAt: askedAt,
  });
  it.each([
    [15 * MINUTE_MS - 1, "outcome_unknown", 1],
    [15 * MINUTE_MS, "retryable", 2],
    [24 * HOUR_MS, "retryable", 2],
  ])("asked %d ms after the last call: %s, epoch %d", (ms, status, epoch) => {
    const { changes } = accepted(record(lookUp(afterStart(ms)), NOT_FOUND, afterStart(ms + HOUR_MS)));
    expect(onlyAfter("transfer", changes)).toMatchObject({ status, epoch });
  });

  it("that came too early is repeated when it proves something", () => {
    const { changes } = accepted(record(lookUp(NOW), NOT_FOUND));
    expect(onlyAfter("transfer", changes).nextAttemptAt).toBe(afterStart(15 * MINUTE_MS));
  });
});

describe("a mismatch forbids sending for good", () => {
  it("whatever look-ups fail or see nothing afterwards", () => {
    let transfer = onlyAfter("transfer", accepted(record(fresh, unknown("mismatch"))).changes);
    expect(transfer).toMatchObject({ lookUpOnly: true, outcome: { class: "mismatch" } });
    const failedLookUp: Verdict = { kind: "look_up_failed", code: "x", message: "x" };
    for (const [index, verdict] of [NOT_FOUND, failedLookUp, NOT_FOUND, failedLookUp, NOT_FOUND].entries()) {
      const now = afterStart((index + 1) * 14 * MINUTE_MS);
      const claimed = claimedAt({ ...sending, transfer }, now);
      transfer = onlyAfter("transfer", accepted(record(claimed, verdict, now)).changes);
      expect(transfer).toMatchObject({ status: "outcome_unknown", epoch: 1, lookUpOnly: true });
    }
    expect(blockerCode(transfer)).toBe("person_required");
  });
});

describe("unknown outcomes", () => {
  it.each([
    ["unknown", 3],
    ["in_progress", 20],
  ] as const)("%s: the same key again, from call %d on only look-ups", (answer, limit) => {
    let transfer = sending.transfer;
    for (let call = 1; call <= limit; call += 1) {
      expect(transfer.lookUpOnly).toBeUndefined();
      const claimed = claimedAt({ ...sending, transfer }, afterStart(call * MINUTE_MS));
      transfer = onlyAfter(
        "transfer",
        accepted(record(claimed, unknown(answer), afterStart(call * MINUTE_MS))).changes,
      );
    }
    expect(transfer).toMatchObject({ lookUpOnly: true, epoch: 1, unknowns: limit, attempts: 0 });
  });

  it("only the first asks for a workflow", () => {
    const first = onlyAfter("transfer", accepted(record(fresh, unknown("unknown"))).changes);
    const again = claimedAt({ ...sending, transfer: first }, afterStart(MINUTE_MS));
    const second = onlyAfter("transfer", accepted(record(again, unknown("unknown"))).changes);
    expect([first.change.action, second.change.action]).toEqual(["transfer.retry_scheduled", "transfer.updated"]);
  });
});

describe("throttling", () => {
  it("waits as long as the provider wishes, or longer", () => {
    const verdict = { ...refused("throttled", false), retryAfterMs: HOUR_MS };
    expect(onlyAfter("transfer", accepted(record(fresh, verdict)).changes).nextAttemptAt).toBe(
      afterStart(HOUR_MS + 1_000),
    );
  });

  it("asks a person after twelve, and never while an outcome is unknown", () => {
    const verdict = refused("throttled", false);
    expect(accepted(record({ ...fresh, attempts: 11 }, verdict)).value.transfer.status).toBe("retryable");
    const { changes, value } = accepted(record({ ...fresh, attempts: 12 }, verdict));
    expect(value).toMatchObject({ alert: "throttled 12 times", transfer: { status: "failed_terminal" } });
    expect(onlyAfter("payout_schedule", changes).status).toBe("failed");
    expect(accepted(record({ ...unsure, attempts: 50 }, verdict)).value.transfer.status).toBe("outcome_unknown");
  });

  it("is counted by itself: waiting for a payee or looking up uses up no attempt", () => {
    let transfer = sending.transfer;
    const story = [
      refused("payee", true),
      refused("funds", true),
      unknown("in_progress"),
      refused("configuration", true),
    ];
    for (let round = 0; round < 5; round += 1) {
      for (const verdict of story) {
        const now = afterStart((round + 1) * 24 * HOUR_MS);
        transfer = accepted(record(claimedAt({ ...sending, transfer }, now), verdict, now)).value.transfer;
      }
    }
    const claimed = claimedAt({ ...sending, transfer }, afterStart(200 * HOUR_MS));
    expect(claimed.attempts).toBe(1);
  });
});

describe("refused credentials", () => {
  const verdict = refused("configuration", false);
  it("open the circuit once, with an alert", () => {
    const { changes, value } = accepted(record(fresh, verdict));
    expect(onlyAfter("sending_control", changes)).toMatchObject({
      id: "stripe",
      status: "tripped",
      probeAt: afterStart(15 * MINUTE_MS + 1_000),
    });
    expect(value).toMatchObject({ circuitOpened: true, alert: expect.stringContaining("credentials") });
  });

  it("don't overrule a pause", () => {
    const around = { ...sending, random: 0, control: controlOf("paused") };
    const { changes, value } = accepted(recordVerdict(fresh, verdict, around, contextAt(NOW)));
    expect(afterOf("sending_control", changes)).toEqual([]);
    expect(value.circuitOpened).toBe(false);
  });
});

describe("alerts", () => {
  it.each([
    ["an unknown code", refused("unrecognised", false), true],
    ["a mismatch", unknown("mismatch"), true],
    ["two at the provider", found(2, true), true],
    ["refused credentials", refused("configuration", false), true],
    ["a refusal that a row knows", refused("rejected", false), false],
    ["an unknown outcome", unknown("unknown"), false],
    ["no funds", refused("funds", true), false],
  ])("%s", (_name, verdict, alerts) => {
    expect(accepted(record(fresh, verdict)).value.alert !== undefined).toBe(alerts);
  });
});

describe("backoffMs", () => {
  it("lies between half the step and the whole, and never above the cap", () => {
    const policy = { attempts: 3, baseMs: 2_000, capMs: 600_000 };
    fc.assert(
      fc.property(
        fc.integer({ min: -1, max: 1_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, random) => {
          const step = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(30, Math.max(0, attempt - 1)));
          const ms = backoffMs(policy, attempt, random);
          expect(ms).toBeGreaterThanOrEqual(step / 2);
          expect(ms).toBeLessThanOrEqual(step);
        },
      ),
    );
  });
});
