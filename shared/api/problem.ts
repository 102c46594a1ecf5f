import * as z from "zod";
import type { RefusalCode } from "../domain/decision.ts";

interface ProblemKind {
  readonly status: 400 | 401 | 403 | 404 | 409 | 412 | 413 | 415 | 422 | 428 | 500 | 503;
  readonly title: string;
  /** What the caller can do about it. */
  readonly advice: string;
}

const conflict = (title: string, advice: string): ProblemKind => ({ status: 409, title, advice });
const unprocessable = (title: string, advice: string): ProblemKind => ({ status: 422, title, advice });
const forbidden = (title: string, advice: string): ProblemKind => ({ status: 403, title, advice });

const LOOK_AGAIN = "Read it again: somebody or something was quicker.";
const ANOTHER_PERSON = "Another person has to do this.";

/** Every way in which the API refuses, by its stable code. */
const kinds = {
  invalid_request: { status: 400, title: "The request is malformed", advice: "Correct the field that is named." },
  invalid_cursor: {
    status: 400,
    title: "The cursor doesn't belong to this list",
    advice: "Take next_cursor from the page before, with the same filters, or start without a cursor.",
  },
  idempotency_key_missing: {
    status: 400,
    title: "An Idempotency-Key is needed",
    advice: "Send a header Idempotency-Key of 1 to 255 characters that is new for each intent, such as a UUID.",
  },
  unauthenticated: {
    status: 401,
    title: "The token names no person or no organization",
    advice: "Sign in; the token needs the claims sub and organizationId.",
  },
  permission_required: forbidden(
    "Your role doesn't allow this",
    "Ask a super_admin for a role that has the permission.",
  ),
  address_not_allowed: forbidden(
    "Your address is not on the allow-list",
    "Come from an address that the organization's settings allow.",
  ),
  not_operator_organization: forbidden(
    "Only the organization that operates the deployment may do this",
    "Ask somebody who works for it; GET /v2/me tells in platform_operator who does.",
  ),
  platform_unavailable: {
    status: 503,
    title: "The platform's own services can't be reached",
    advice: "What was not done yet stays as it is. Try again after Retry-After seconds.",
  },
  access_unavailable: {
    status: 503,
    title: "Roles or settings can't be read",
    advice: "Nothing was done. Try again after Retry-After seconds.",
  },
  not_found: { status: 404, title: "There is no such thing", advice: "Check the id." },
  version_missing: {
    status: 428,
    title: "The version that you change is needed",
    advice: "Send If-Match with the ETag of what you have read.",
  },
  version_mismatch: {
    status: 412,
    title: "It has changed since you read it",
    advice: "Read it again, then change it.",
  },
  too_large: { status: 413, title: "The body is too large", advice: "A body has at most 256 KiB." },
  unsupported_media_type: {
    status: 415,
    title: "The body is not JSON",
    advice: "Send JSON with content-type: application/json.",
  },
  idempotency_key_reused: conflict(
    "The Idempotency-Key was used for another request",
    "Use a new key for a new intent; repeat a request with exactly the same body.",
  ),
  idempotency_key_in_use: conflict(
    "The same request is under way",
    "Repeat it in a moment with the same key; it is not done twice.",
  ),
  busy: {
    status: 503,
    title: "Others were quicker",
    advice: "Nothing was written. Try again after Retry-After seconds.",
  },
  internal_error: {
    status: 500,
    title: "Something went wrong on our side",
    advice: "Repeat the request with the same Idempotency-Key; tell us request_id if it stays.",
  },

  payout_not_approvable: conflict("The payout can't be approved or rejected as it stands", LOOK_AGAIN),
  payout_not_cancellable: conflict(
    "Money of this payout has moved or may have",
    "Cancel or forfeit what is still open, or reverse the transfer.",
  ),
  payout_already_cancelled: conflict("The payout has ended", LOOK_AGAIN),
  payout_not_markable: conflict("The payout has nothing that could be marked", LOOK_AGAIN),
  payout_not_retryable: conflict("The payout has nothing that failed", LOOK_AGAIN),
  payout_approved_by_creator: forbidden("Who created a payout can't approve it", ANOTHER_PERSON),
  approved_by_sender: forbidden("Who sent money of a payout can't approve it", ANOTHER_PERSON),
  approved_already_by_you: conflict("You have approved this payout already", ANOTHER_PERSON),
  sent_by_creator: forbidden("Who created a payout can't send it", ANOTHER_PERSON),
  sent_by_approver: forbidden("Who approved a payout can't send it", ANOTHER_PERSON),
  approver_limit_exceeded: forbidden(
    "This is more than you may approve in 24 hours",
    "Another approver can, or an admin raises the limit.",
  ),
  hold_already_released: conflict("The hold is released", LOOK_AGAIN),
  hold_already_forfeited: conflict("The hold is forfeited", LOOK_AGAIN),
  hold_already_cancelled: conflict("The hold is cancelled", LOOK_AGAIN),
  hold_not_due: conflict("The hold is not due", "Release it as a person, or wait for its date."),
  hold_amount_exceeded: unprocessable("That is more than the hold has", "Ask for at most its hold_amount."),
  schedule_already_processing: conflict("The schedule is being processed", LOOK_AGAIN),
  schedule_already_completed: conflict("The schedule is completed", LOOK_AGAIN),
  schedule_cancelled: conflict("The schedule is cancelled", LOOK_AGAIN),
  schedule_not_due: conflict("The schedule is not due", "Trigger it as a person, or wait for its date."),
  schedule_not_cancellable: conflict("The schedule can't be cancelled as it stands", LOOK_AGAIN),
  schedule_not_changeable: conflict("Only a pending schedule can be changed", LOOK_AGAIN),
  schedule_amount_exceeded: unprocessable("The schedule has less than that", "Leave at least one minor unit in it."),
  date_in_past: unprocessable("The date is in the past", "Give a date that is still to come, or act now."),
  date_in_future: unprocessable("The date is in the future", "Give the date on which it happened."),
  date_not_later: unprocessable("The date is not later than the present one", "Extending needs a later date."),
  placement_already_active: conflict("The placement is active with other content", LOOK_AGAIN),
  placement_ended: conflict("The placement has ended", LOOK_AGAIN),
  fee_exceeded: unprocessable("The parts are more than the whole", "Lower the parts."),
  amount_too_small: unprocessable("The amount is less than one minor unit", "Give a larger amount."),
  reversal_exceeds_transfer: unprocessable("That is more than the transfer can give back", "Ask for less."),
  transfer_not_reversible: conflict("Only money that has arrived can be reversed", LOOK_AGAIN),
  reversal_pending: conflict("A reversal of this transfer is under way", "Wait for its outcome."),
  transfer_not_settleable: conflict("The transfer's outcome is not unknown", LOOK_AGAIN),
  evidence_contradicts: conflict(
    "The transfer can't be settled like this now",
    "Wait until the provider can't be creating it any more, or give the provider's transfer id.",
  ),
  transfer_not_claimable: conflict("The transfer can't be sent again as it stands", LOOK_AGAIN),
  transfer_finished: conflict("The transfer has ended", LOOK_AGAIN),
  transfer_leased: conflict("The transfer is being attempted", "Wait for the attempt's outcome."),
  transfer_in_flight: conflict("A transfer of this payout is under way", "Wait for its outcome."),
  transfer_not_due: conflict("The transfer is not due", LOOK_AGAIN),
  attempt_superseded: conflict("Another attempt took over", LOOK_AGAIN),
  sending_paused: conflict("Sending is paused", "An admin resumes it."),
  sending_already_open: conflict("Sending is not paused", LOOK_AGAIN),
  sending_already_paused: conflict("Sending is paused already", LOOK_AGAIN),
  provider_unsupported: unprocessable("This provider can't do that", "See the payee's destinations."),
  too_many_children: conflict("The payout is in too many parts already", "Make a new payout."),
  blocked: conflict("Something is in the way", "See the payout's blockers: what it is and who can change it."),
  payee_exists: conflict("A payee with this id exists", "Change it with PATCH."),
  payee_unknown: unprocessable("There is no such payee", "Create the payee first."),
  role_exists: conflict("The person has a role already", "Change it with PATCH."),
  role_above_own: forbidden("Nobody grants more than their own level", ANOTHER_PERSON),
  role_own: forbidden("Nobody changes their own role", ANOTHER_PERSON),
  role_last_super_admin: conflict("The last super_admin stays", "Make somebody else super_admin first."),
  role_scope_missing: unprocessable("A scoped role needs scope_id, a staff role has none", "Correct scope_id."),
  dead_letter_not_redrivable: conflict(
    "There is no event in it that could go back on the bus",
    "See the queue's remedy: what heals it instead.",
  ),
  roster_not_empty: conflict("There is a super_admin already", "Ask them for a role."),
} as const satisfies Readonly<Record<RefusalCode | string, ProblemKind>>;

export type ProblemCode = keyof typeof kinds;
export const problemCodes = Object.keys(kinds) as readonly ProblemCode[];

/** Total over what the domain refuses: a code without a row doesn't compile. */
export const problemKinds: Readonly<Record<RefusalCode | ProblemCode, ProblemKind>> = kinds;

/** RFC 9457. `code` is stable; `detail` is for people and may change. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    advice: z.string(),
    field: z.string().optional(),
    request_id: z.string(),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details; act on code, show detail and advice" });
export type Problem = z.infer<typeof problemSchema>;

export interface ProblemFacts {
  readonly code: RefusalCode | ProblemCode;
  readonly message?: string;
  readonly field?: string;
}

export function problemOf({ code, message, field }: ProblemFacts, requestId: string): Problem {
  const { status, title, advice } = problemKinds[code];
  return {
    type: `urn:payouts:problem:${code}`,
    title,
    status,
    code,
    detail: message ?? title,
    advice,
    ...(field === undefined ? {} : { field }),
    request_id: requestId,
  };
}
