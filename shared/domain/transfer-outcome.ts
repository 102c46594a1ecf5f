import type { ChangeAction } from "../events/event-types.ts";
import { openCircuit, PROBE_INTERVAL_MS } from "./circuit.ts";
import { addMs, laterOf } from "./dates.ts";
import { accept, amend, type CommandContext, changeOf, type Decision, type Patch, refuse } from "./decision.ts";
import * as journal from "./journal.ts";
import type {
  AttemptOutcome,
  BlockerCode,
  Instant,
  Payout,
  PayoutSchedule,
  SendingControl,
  Transfer,
} from "./model.ts";
import { FamilyDraft, statusOfAmounts } from "./payout.ts";
import { blockerOf } from "./release.ts";
import { endUnsent, isFinished, mayHaveBeenSent } from "./transfer.ts";

/** What a provider's answer means, already classified; the provider's tables say which answer is which. */
export type Verdict =
  | { readonly kind: "accepted"; readonly providerTransferId: string }
  | {
      readonly kind: "refused";
      readonly class: "throttled" | "funds" | "payee" | "rejected" | "configuration" | "unrecognised";
      readonly code: string;
      readonly message: string;
      /** True: holds for every call made under this key. False: an earlier unknown outcome stays unknown. */
      readonly settlesKey: boolean;
      readonly retryAfterMs?: number | undefined;
    }
  | {
      readonly kind: "unknown";
      readonly class: "unknown" | "in_progress" | "mismatch";
      readonly code: string;
      readonly message: string;
      /** The provider replayed a stored answer: the same key will never say anything else. */
      readonly replayed: boolean;
    }
  | { readonly kind: "found"; readonly providerTransferId: string; readonly matches: boolean; readonly count: number }
  | { readonly kind: "not_found" }
  | { readonly kind: "look_up_failed"; readonly code: string; readonly message: string };

export interface RetryPolicy {
  /** Calls after which a person is asked. */
  readonly attempts: number;
  readonly baseMs: number;
  readonly capMs: number;
}

/** Per class; three attempts unless the class says otherwise. Unknown outcomes never give up: they change to look-ups. */
const RETRY_POLICIES: Readonly<Record<"throttled" | "unknown" | "in_progress" | "look_up", RetryPolicy>> = {
  throttled: { attempts: 12, baseMs: 2_000, capMs: 600_000 },
  unknown: { attempts: 3, baseMs: 5_000, capMs: 300_000 },
  in_progress: { attempts: 20, baseMs: 2_000, capMs: 60_000 },
  look_up: { attempts: Number.POSITIVE_INFINITY, baseMs: 60_000, capMs: 3_600_000 },
};

/** An empty list proves that nothing was created only this long after the last call: lists lag. */
export const LOOK_UP_PROOF_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;
/** Exponential backoff with full jitter: between half the step and the whole. `random` is in [0, 1). */
export function backoffMs(policy: RetryPolicy, attempt: number, random: number): number {
  const step = Math.min(policy.capMs, policy.baseMs * 2 ** Math.max(0, Math.min(30, attempt - 1)));
  return Math.round(step / 2 + (step / 2) * random);
}

export interface OutcomeSurroundings {
  readonly payout: Payout;
  readonly schedule?: PayoutSchedule | undefined;
  /** The provider's own control, if one exists yet. */
  readonly control?: SendingControl | undefined;
  readonly random: number;
  /** The claim under which the provider was asked. Absent only where nobody claimed: a webhook. */
  readonly attempt?: { readonly leaseId: string; readonly epoch: number } | undefined;
}

/** What the caller has to do or say next. */
export interface OutcomeResult {
  readonly transfer: Transfer;
  /** Somebody must look: an unknown code, a mismatch, two transfers at the provider. */
  readonly alert?: string;
  readonly circuitOpened: boolean;
}

const RETRYING = new Set<Transfer["status"]>(["retryable", "outcome_unknown"]);

/** The attempt's result as the transfer's next version; the first that asks for another try asks for the workflow. */
function amendTransfer(
  transfer: Transfer,
  patch: Patch<"transfer">,
  action: ChangeAction,
  context: CommandContext,
): Transfer {
  const status = patch.status ?? transfer.status;
  const retrying = RETRYING.has(status) && patch.blocker === undefined;
  const starts = retrying && transfer.workflow === undefined;
  return amend(
    "transfer",
    transfer,
    { lease: undefined, blocker: undefined, ...patch, workflow: retrying ? "requested" : undefined },
    starts ? "transfer.retry_scheduled" : action,
    context,
  );
}

function outcomeOf(classOf: string, code: string, message: string, now: Instant): AttemptOutcome {
  return { class: classOf, code, message, at: now };
}

/** The next epoch: nothing was created under this one. Its calls are forgotten, the transfer may change again. */
function nextEpoch(transfer: Transfer): Patch<"transfer"> {
  return {
    epoch: transfer.epoch + 1,
    epochSentAt: undefined,
    lastSentAt: undefined,
    lookUpOnly: undefined,
    unknowns: 0,
  };
}

/** Money moved: transfer, payout, schedule and journal in one commit. A later clawback is posted here too. */
export function completeTransfer(
  transfer: Transfer,
  providerTransferId: string,
  around: OutcomeSurroundings,
  context: CommandContext,
): Decision<OutcomeResult> {
  if (isFinished(transfer)) return refuse("transfer_finished", `transfer ${transfer.id} is ${transfer.status}`);
  const { payout, schedule } = around;
  const after = amend(
    "transfer",
    transfer,
    {
      status: "completed",
      providerTransferId,
      completedAt: context.now,
      lease: undefined,
      nextAttemptAt: undefined,
      lookUpOnly: undefined,
      blocker: undefined,
      workflow: undefined,
      outcome: { class: "accepted", code: "accepted", at: context.now },
    },
    "transfer.completed",
    context,
  );
  const draft = new FamilyDraft(payout, context);
  const cause = { entity: "transfer", id: transfer.id, version: after.version };
  draft.add(changeOf("transfer", after, transfer));
  draft.post("transfer", journal.transferred(transfer.amountMinor), cause);
  if (payout.clawback !== undefined) draft.post("clawback", journal.clawback(transfer.amountMinor), cause);
  draft.update({
    paidMinor: payout.paidMinor + transfer.amountMinor,
    inTransferMinor: payout.inTransferMinor - transfer.amountMinor,
  });
  draft.update({ status: statusOfAmounts(draft.payout) });
  if (schedule !== undefined && (schedule.status === "processing" || schedule.status === "failed")) {
    const processed = amend(
      "payout_schedule",
      schedule,
      {
        status: "completed",
        processedAt: context.now,
        failureCode: undefined,
        failureReason: undefined,
        blocker: undefined,
      },
      "payout_schedule.processed",
      context,
    );
    draft.add(changeOf("payout_schedule", processed, schedule));
  }
  return accept(draft.finish(), { transfer: after, circuitOpened: false });
}

/** Nothing moved and nothing will without a person: the transfer, its schedule and, if nothing else was paid, the payout fail. */
function failTransfer(
  transfer: Transfer,
  outcome: AttemptOutcome,
  around: OutcomeSurroundings,
  alert: string | undefined,
  context: CommandContext,
): Decision<OutcomeResult> {
  const { payout, schedule } = around;
  const told = alert === undefined ? {} : { alert };
  if (payout.clawback !== undefined) {
    // There is nothing left to send again for.
    const ended = endUnsent(transfer, around, nextEpoch(transfer), context);
    return accept(ended.changes, { transfer: ended.transfer, circuitOpened: false, ...told });
  }
  const after = amend(
    "transfer",
    transfer,
    {
      ...nextEpoch(transfer),
      status: "failed_terminal",
      lease: undefined,
      nextAttemptAt: undefined,
      workflow: undefined,
      blocker: blockerOf("person_required", undefined, context.now, outcome.message),
      outcome,
    },
    "transfer.failed",
    context,
  );
  const draft = new FamilyDraft(payout, context);
  draft.add(changeOf("transfer", after, transfer));
  if (payout.status === "processing" || payout.status === "approved") draft.update({ status: "failed" });
  if (schedule?.status === "processing") {
    const failed = amend(
      "payout_schedule",
      schedule,
      { status: "failed", failureCode: outcome.code, failureReason: outcome.message ?? outcome.code },
      "payout_schedule.failed",
      context,
    );
    draft.add(changeOf("payout_schedule", failed, schedule));
  }
  return accept(draft.finish(), { transfer: after, circuitOpened: false, ...told });
}

interface Waiting {
  readonly status: "awaiting_funds" | "awaiting_payee";
  readonly blocker: BlockerCode;
}

const WAITING: Readonly<Record<"funds" | "payee", Waiting>> = {
  funds: { status: "awaiting_funds", blocker: "insufficient_funds" },
  payee: { status: "awaiting_payee", blocker: "payee_action_required" },
};

/** Refusals that say something about this transfer's call use up an attempt; silence and others' trouble don't. */
const COUNTED = new Set(["throttled", "rejected", "unrecognised"]);

function attemptsAfter(transfer: Transfer, verdict: Verdict): number {
  const counted = verdict.kind === "refused" && COUNTED.has(verdict.class);
  return counted ? transfer.attempts : Math.max(0, transfer.attempts - 1);
}

function saysMoneyMoved(verdict: Verdict): boolean {
  return verdict.kind === "accepted" || (verdict.kind === "found" && verdict.matches && verdict.count === 1);
}

/**
 * Records what an attempt came to. The epoch moves on only here, and only with proof that nothing was created: a
 * definite refusal that the provider gave to this key, or an empty look-up long enough after the last call.
 * An attempt that lost its lease proves nothing about what was sent since; of it only money that moved counts.
 */
export function recordVerdict(
  transfer: Transfer,
  verdict: Verdict,
  around: OutcomeSurroundings,
  context: CommandContext,
): Decision<OutcomeResult> {
  if (isFinished(transfer)) return refuse("transfer_finished", `transfer ${transfer.id} is ${transfer.status}`);
  const { now } = context;
  const attempts = attemptsAfter(transfer, verdict);
  const keep = (patch: Patch<"transfer">, alert?: string): Decision<OutcomeResult> => {
    const after = amendTransfer(transfer, { attempts, ...patch }, "transfer.updated", context);
    return accept([changeOf("transfer", after, transfer)], {
      transfer: after,
      circuitOpened: false,
      ...(alert === undefined ? {} : { alert }),
    });
  };
  const { attempt } = around;
  if (attempt !== undefined && transfer.lease?.id !== attempt.leaseId) {
    if (!saysMoneyMoved(verdict)) {
      return refuse("attempt_superseded", `transfer ${transfer.id} is no longer held by this attempt`);
    }
    if (attempt.epoch !== transfer.epoch && mayHaveBeenSent(transfer)) {
      const message = `the money moved under epoch ${attempt.epoch}, and epoch ${transfer.epoch} may have been sent`;
      return keep(
        {
          status: "outcome_unknown",
          lookUpOnly: true,
          outcome: outcomeOf("mismatch", "moved_under_earlier_epoch", message, now),
          blocker: blockerOf("person_required", transfer.blocker, now, message),
          nextAttemptAt: addMs(now, LOOK_UP_PROOF_MS),
        },
        message,
      );
    }
  }
  const unknowns = transfer.unknowns + 1;
  // A mismatch forbids sending for good: what a later look-up fails to see must not cover it.
  const mismatch = transfer.outcome?.class === "mismatch" ? transfer.outcome : undefined;
  switch (verdict.kind) {
    case "accepted":
      return completeTransfer(transfer, verdict.providerTransferId, around, context);
    case "found": {
      if (verdict.matches && verdict.count === 1)
        return completeTransfer(transfer, verdict.providerTransferId, around, context);
      const message = verdict.matches
        ? `the provider holds ${verdict.count} transfers for this one`
        : "the provider's transfer differs in amount, currency or destination";
      return keep(
        {
          status: "outcome_unknown",
          lookUpOnly: true,
          outcome: outcomeOf("mismatch", "look_up_mismatch", message, now),
          blocker: blockerOf("person_required", transfer.blocker, now, message),
          nextAttemptAt: addMs(now, 24 * HOUR_MS),
        },
        message,
      );
    }
    case "not_found": {
      const provenAt = transfer.lastSentAt === undefined ? now : addMs(transfer.lastSentAt, LOOK_UP_PROOF_MS);
      const outcome = mismatch ?? outcomeOf("look_up", "not_found", "the provider has no such transfer", now);
      // The list is as old as the claim under which it was asked for.
      if ((transfer.lastAttemptAt ?? now) < provenAt) {
        return keep({ status: "outcome_unknown", outcome, nextAttemptAt: laterOf(provenAt, now) });
      }
      if (mismatch !== undefined) {
        const message = "an earlier call had other parameters and can't be found; it is never sent again";
        const blocker = blockerOf("person_required", transfer.blocker, now, message);
        return keep({ status: "outcome_unknown", blocker, nextAttemptAt: addMs(now, 24 * HOUR_MS) }, message);
      }
      return keep({ ...nextEpoch(transfer), status: "retryable", outcome, nextAttemptAt: addMs(now, 1_000) });
    }
    case "look_up_failed":
      return keep({
        status: "outcome_unknown",
        unknowns,
        outcome: mismatch ?? outcomeOf("look_up", verdict.code, verdict.message, now),
        nextAttemptAt: addMs(now, backoffMs(RETRY_POLICIES.look_up, unknowns, around.random)),
      });
    case "unknown": {
      const policy = RETRY_POLICIES[verdict.class === "in_progress" ? "in_progress" : "unknown"];
      const lookUp = verdict.class === "mismatch" || verdict.replayed || unknowns >= policy.attempts;
      const waitMs = lookUp ? LOOK_UP_PROOF_MS : backoffMs(policy, unknowns, around.random);
      return keep(
        {
          status: "outcome_unknown",
          unknowns,
          outcome: outcomeOf(verdict.class, verdict.code, verdict.message, now),
          nextAttemptAt: addMs(now, waitMs),
          ...(lookUp ? { lookUpOnly: true } : {}),
        },
        verdict.class === "mismatch" ? verdict.message : undefined,
      );
    }
    case "refused":
      return recordRefusal(transfer, verdict, around, keep, context);
  }
}

function recordRefusal(
  transfer: Transfer,
  verdict: Extract<Verdict, { kind: "refused" }>,
  around: OutcomeSurroundings,
  keep: (patch: Patch<"transfer">, alert?: string) => Decision<OutcomeResult>,
  context: CommandContext,
): Decision<OutcomeResult> {
  const { now } = context;
  const outcome = outcomeOf(verdict.class, verdict.code, verdict.message, now);
  const unresolved = transfer.unknowns > 0 && !verdict.settlesKey;
  const lookFirst = (): Decision<OutcomeResult> =>
    keep(
      { status: "outcome_unknown", lookUpOnly: true, outcome, nextAttemptAt: addMs(now, LOOK_UP_PROOF_MS) },
      verdict.class === "unrecognised" ? `unknown code ${verdict.code}` : undefined,
    );
  switch (verdict.class) {
    case "throttled": {
      const policy = RETRY_POLICIES.throttled;
      if (transfer.attempts >= policy.attempts && !unresolved) {
        return failTransfer(transfer, outcome, around, `throttled ${transfer.attempts} times`, context);
      }
      const waitMs = Math.max(verdict.retryAfterMs ?? 0, backoffMs(policy, transfer.attempts, around.random));
      const forgotten = unresolved ? {} : { epochSentAt: undefined, lastSentAt: undefined };
      return keep({
        ...forgotten,
        status: unresolved ? "outcome_unknown" : "retryable",
        outcome,
        nextAttemptAt: addMs(now, waitMs),
      });
    }
    case "configuration": {
      const forgotten = unresolved ? {} : { epochSentAt: undefined, lastSentAt: undefined };
      const after = amendTransfer(
        transfer,
        {
          ...forgotten,
          status: unresolved ? "outcome_unknown" : "pending",
          attempts: attemptsAfter(transfer, verdict),
          outcome,
          blocker: blockerOf("provider_circuit_open", transfer.blocker, now, transfer.provider),
          nextAttemptAt: addMs(now, PROBE_INTERVAL_MS),
        },
        "transfer.updated",
        context,
      );
      const circuit = openCircuit(transfer.provider, around.control, verdict.message, context);
      return accept([changeOf("transfer", after, transfer), ...circuit], {
        transfer: after,
        alert: `the provider refuses our credentials: ${verdict.message}`,
        circuitOpened: circuit.length > 0,
      });
    }
    case "funds":
    case "payee": {
      if (unresolved) return lookFirst();
      const waiting = WAITING[verdict.class];
      const blocker = blockerOf(waiting.blocker, transfer.blocker, now, verdict.message);
      return keep({
        ...nextEpoch(transfer),
        status: waiting.status,
        outcome,
        blocker,
        nextAttemptAt: blocker.nextCheckAt,
      });
    }
    case "unrecognised":
      if (unresolved) return lookFirst();
      return failTransfer(transfer, outcome, around, `unknown code ${verdict.code}`, context);
    case "rejected":
      if (unresolved) return lookFirst();
      return failTransfer(transfer, outcome, around, undefined, context);
  }
}
