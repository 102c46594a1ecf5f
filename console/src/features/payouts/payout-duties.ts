import { type Me, type Wire, whyNot } from "../../session/me.ts";

export type Payout = Wire["Payout"];
type Person = Pick<Me, "subject" | "role" | "permissions">;

/** What the organization has decided about approving; amounts in minor units by currency. */
export interface ApprovalRules {
  /** From which amount on it is high value; every amount in a currency that isn't named. */
  readonly highValueFrom: Readonly<Record<string, number>>;
  /** What one person may approve in any 24 hours; no limit in a currency that isn't named. */
  readonly limits: Readonly<Record<string, number>>;
  /** What the person who is signed in has approved in the last 24 hours. */
  readonly used: Readonly<Record<string, number>>;
}

const ended: ReadonlySet<Payout["status"]> = new Set(["rejected", "cancelled", "paid"]);

/** True while somebody has to approve it: at first, and again once what was approved has changed. */
export function awaitsApproval({ status, approval_state }: Payout): boolean {
  return !ended.has(status) && (approval_state === "pending" || approval_state === "void");
}

/** Before the settings are known, a payout that was said to take two people counts as high value. */
export function isHighValue(payout: Payout, rules: ApprovalRules | undefined): boolean {
  if (rules === undefined) return payout.approval_votes_needed > 1;
  return payout.amount >= (rules.highValueFrom[payout.currency] ?? 0);
}

/** Approvals that it takes and that have not been given; at least one while it waits. */
export function votesMissing(payout: Payout, rules: ApprovalRules | undefined): number {
  const needed = isHighValue(payout, rules) ? 2 : 1;
  return Math.max(1, needed - payout.approval_votes.length);
}

/** What the person may still approve in a currency, minor units; undefined where there is no limit. */
export function limitLeft(currency: string, rules: ApprovalRules | undefined): number | undefined {
  const limit = rules?.limits[currency];
  return limit === undefined ? undefined : Math.max(0, limit - (rules?.used[currency] ?? 0));
}

/** Why this person can't approve a payout that waits for it, in words; undefined where they can. The API has the last word. */
export function approvalBarred(payout: Payout, me: Person, rules?: ApprovalRules): string | undefined {
  if (!awaitsApproval(payout)) return "It doesn’t wait for approval";
  const role = whyNot(me, "payouts.approve");
  if (role !== undefined) return role;
  if (payout.created_by === me.subject) return "You created it: somebody else approves it";
  if (payout.sent_by.includes(me.subject)) return "You have sent money of it: somebody else approves it";
  if (payout.approval_votes.some(({ by }) => by === me.subject))
    return "You have approved it: it takes one more person";
  const highValue = isHighValue(payout, rules) ? whyNot(me, "payouts.high_value") : undefined;
  if (highValue !== undefined) return `High value. ${highValue}`;
  const left = limitLeft(payout.currency, rules);
  if (left === undefined || payout.amount <= left) return undefined;
  return "More than is left of your limit for 24 hours";
}

/** Why a payout can't be rejected, whoever asks; undefined where it can. */
export function rejectionBarred(payout: Payout): string | undefined {
  if (payout.status !== "pending_approval") return "It doesn’t wait for approval";
  return moneyHasMoved(payout) ? "Money of it has moved, or may have" : undefined;
}

/** True once money of it is on its way or has arrived, or some of it was set off. */
export function moneyHasMoved(payout: Payout): boolean {
  return payout.paid_amount > 0 || payout.set_off_amount > 0 || payout.in_transfer_amount > 0;
}

/** Everybody who approved what stands now. */
export function approversOf({ approval_votes, approved_by }: Payout): readonly string[] {
  const voters = approval_votes.map(({ by }) => by);
  return approved_by === null || voters.includes(approved_by) ? voters : [...voters, approved_by];
}

/**
 * Why this person can't send money of a payout (release, trigger, retry, mark as paid), in words; undefined where they
 * can. Whether their role may send at all is the action's own question.
 */
export function sendingBarred(payout: Payout, me: Person, rules?: ApprovalRules): string | undefined {
  if (payout.created_by === me.subject) return "You created this payout, so somebody else sends it";
  if (approversOf(payout).includes(me.subject)) return "You approved this payout, so somebody else sends it";
  const highValue = isHighValue(payout, rules) ? whyNot(me, "payouts.high_value") : undefined;
  return highValue === undefined ? undefined : `High value. ${highValue}`;
}

/** What is promised and neither paid, on its way, in escrow nor ended: what can be sent, or marked as paid. Minor units. */
export function payableOf(payout: Payout): number {
  const { amount, paid_amount, in_transfer_amount, set_off_amount, held_amount, forfeited_amount, cancelled_amount } =
    payout;
  return amount - paid_amount - in_transfer_amount - set_off_amount - held_amount - forfeited_amount - cancelled_amount;
}
