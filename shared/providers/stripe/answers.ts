import type { AnswerClass, AnswerMeaning } from "../gateway.ts";

/**
 * What Stripe's answers to `POST /v1/transfers` mean, as data. Sources: Stripe docs, pages "Advanced error handling"
 * (which answers are stored under an idempotency key), "Error codes", "Idempotent requests", "Rate limits".
 */

/** The facts of an answer that a row can ask for. `status` is absent when no readable HTTP answer came. */
export interface Observation {
  readonly status?: number;
  readonly code?: string;
  /** `error.type` of the body: `invalid_request_error`, `idempotency_error`, … */
  readonly type?: string;
  /** The error names a parameter of the request. */
  readonly namesParameter: boolean;
  readonly replayed: boolean;
}

/** All conditions that are present must hold. */
export interface AnswerMatch {
  readonly status?: "absent" | readonly number[] | { readonly from: number; readonly to: number };
  readonly codes?: readonly string[];
  readonly codeAbsent?: true;
  readonly types?: readonly string[];
  readonly namesParameter?: true;
  readonly replayed?: true;
}

export interface AnswerRow extends AnswerMeaning {
  readonly name: string;
  readonly match: AnswerMatch;
  readonly class: Exclude<AnswerClass, "accepted">;
}

/** Statuses with which Stripe says that it did not do what was asked. Other 4xx come from something in between. */
const REFUSAL_STATUSES = [400, 402, 403, 404] as const;
const STRIPE_ERROR_TYPES = ["api_error", "card_error", "idempotency_error", "invalid_request_error"] as const;

type ClassMeaning = Pick<AnswerRow, "class"> & Omit<AnswerMeaning, "next">;

const UNKNOWN: ClassMeaning = {
  class: "unknown",
  status: "outcome_unknown",
  moneyMoved: "unknown",
  settlesKey: false,
  newEpoch: "after_look_up",
  probe: "same_key",
  countsAsAttempt: false,
  opensCircuit: false,
  alert: false,
};
const IN_PROGRESS: ClassMeaning = { ...UNKNOWN, class: "in_progress", newEpoch: "no" };
const MISMATCH: ClassMeaning = { ...UNKNOWN, class: "mismatch", newEpoch: "no", probe: "look_up", alert: true };

const REFUSED = { moneyMoved: "no", probe: "none", opensCircuit: false, alert: false } as const;
/** Refused before the key was looked at, so nothing is stored and nothing is said about earlier calls. */
const THROTTLED: ClassMeaning = {
  ...REFUSED,
  class: "throttled",
  status: "retryable",
  settlesKey: false,
  newEpoch: "not_needed",
  probe: "same_key",
  countsAsAttempt: true,
};
/** Refused by the endpoint and stored: had an earlier call under the key succeeded, its success would have come back. */
const FUNDS: ClassMeaning = {
  ...REFUSED,
  class: "funds",
  status: "awaiting_funds",
  settlesKey: true,
  newEpoch: "yes",
  countsAsAttempt: false,
};
/** As with `REJECTED`, it is not documented whether the account is checked before or after the key. */
const PAYEE: ClassMeaning = { ...FUNDS, class: "payee", status: "awaiting_payee", settlesKey: false };
/** Parameters may be checked before the key is looked at: an earlier unknown outcome is not settled by this. */
const REJECTED: ClassMeaning = {
  ...REFUSED,
  class: "rejected",
  status: "failed_terminal",
  settlesKey: false,
  newEpoch: "yes",
  countsAsAttempt: true,
};
const UNRECOGNISED: ClassMeaning = {
  ...REJECTED,
  class: "unrecognised",
  newEpoch: "after_look_up",
  probe: "look_up",
  alert: true,
};
const CONFIGURATION: ClassMeaning = {
  ...REFUSED,
  class: "configuration",
  status: "unchanged",
  settlesKey: false,
  newEpoch: "not_needed",
  countsAsAttempt: false,
  opensCircuit: true,
  alert: true,
};

/** 2xx: a Stripe transfer has moved the money once it exists; it has no status of its own. */
export const ACCEPTED_MEANING: AnswerMeaning = {
  status: "completed",
  moneyMoved: "yes",
  settlesKey: true,
  newEpoch: "no",
  probe: "none",
  countsAsAttempt: true,
  opensCircuit: false,
  alert: false,
  next: "The money is on the payee's Stripe balance.",
};

/** In order: the first row that matches decides. The last one matches everything. */
export const STRIPE_ANSWERS: readonly AnswerRow[] = [
  {
    name: "no readable answer",
    match: { status: "absent" },
    ...UNKNOWN,
    next: "Sent again under the same key with a growing pause; looked up once the key is about to expire.",
  },
  {
    name: "server error, replayed",
    match: { status: { from: 500, to: 599 }, replayed: true },
    ...UNKNOWN,
    probe: "look_up",
    next: "Stripe repeats a stored error, so sending again tells nothing: looked up at Stripe after a pause.",
  },
  {
    name: "server error",
    match: { status: { from: 500, to: 599 } },
    ...UNKNOWN,
    next: "Sent again under the same key with a growing pause.",
  },
  {
    name: "throttled by code",
    match: { status: [400, 409, 429], codes: ["rate_limit", "lock_timeout"] },
    ...THROTTLED,
    next: "Sent again under the same key after a pause.",
  },
  {
    name: "throttled",
    match: { status: [429] },
    ...THROTTLED,
    next: "Sent again under the same key after a pause.",
  },
  {
    name: "key in use",
    match: { status: [409] },
    ...IN_PROGRESS,
    next: "A call under the same key is still running: asked again under that key within seconds.",
  },
  {
    name: "key used with other parameters",
    match: { status: REFUSAL_STATUSES, types: ["idempotency_error"] },
    ...MISMATCH,
    next: "An earlier call under this key had other parameters: a person compares with Stripe; never sent again.",
  },
  {
    name: "platform balance too low",
    match: { status: REFUSAL_STATUSES, codes: ["balance_insufficient"] },
    ...FUNDS,
    next: "Sent under a new key when funds are available; nobody has to trigger it.",
  },
  {
    name: "payee's account can't receive",
    match: {
      status: REFUSAL_STATUSES,
      codes: [
        "account_invalid",
        "no_account",
        "account_closed",
        "transfers_not_allowed",
        "not_allowed_on_standard_account",
        "country_unsupported",
        "capability_not_active",
        "insufficient_capabilities_for_transfer",
      ],
    },
    ...PAYEE,
    next: "The payee has to complete or correct the Stripe account; sent under a new key when Stripe reports the change.",
  },
  {
    name: "key or platform not usable",
    match: {
      status: [400, 401, 402, 403, 404],
      codes: [
        "api_key_expired",
        "platform_api_key_expired",
        "secret_key_required",
        "platform_account_required",
        "testmode_charges_only",
        "tls_version_unsupported",
      ],
    },
    ...CONFIGURATION,
    next: "Sending through Stripe stops until an admin has corrected the key or the platform account.",
  },
  {
    name: "not authenticated or not permitted",
    match: { status: [401, 403] },
    ...CONFIGURATION,
    next: "Sending through Stripe stops until an admin has corrected the key or its permissions.",
  },
  {
    name: "amount, object or parameter refused",
    match: {
      status: REFUSAL_STATUSES,
      codes: [
        "amount_too_small",
        "amount_too_large",
        "balance_invalid_parameter",
        "invalid_characters",
        "livemode_mismatch",
        "parameter_invalid_empty",
        "parameter_invalid_integer",
        "parameter_invalid_string_blank",
        "parameter_invalid_string_empty",
        "parameter_missing",
        "parameter_unknown",
        "parameters_exclusive",
        "resource_missing",
        "transfer_source_balance_parameters_mismatch",
      ],
    },
    ...REJECTED,
    next: "A person has to correct the transfer; then it is sent under a new key.",
  },
  {
    name: "parameter refused without a code",
    match: { status: [400, 404], types: ["invalid_request_error"], codeAbsent: true, namesParameter: true },
    ...REJECTED,
    next: "A person has to correct the transfer; then it is sent under a new key.",
  },
  {
    name: "refused for a reason that is not known here",
    match: { status: REFUSAL_STATUSES, types: STRIPE_ERROR_TYPES },
    ...UNRECOGNISED,
    next: "A person reads Stripe's reason; sent again only after a look-up at Stripe has found nothing.",
  },
  {
    name: "an answer that Stripe does not give",
    match: {},
    ...UNKNOWN,
    next: "Not an answer of Stripe's own, so it proves nothing: asked again under the same key, then looked up.",
  },
];

/** The row of an answer that claims success but does not fit the order. Never matched: the gateway finds it by itself. */
export const WRONG_SUCCESS: AnswerRow = {
  name: "success that does not fit the order",
  match: {},
  ...MISMATCH,
  next: "Stripe reports a transfer with other details: a person compares with Stripe; never sent again.",
};

/** The row of an order that this side did not send. */
export const NOT_SENT: AnswerRow = {
  name: "not sent",
  match: {},
  ...REJECTED,
  next: "Nothing was sent: a person has to correct the transfer.",
};

export function rowFor(seen: Observation): AnswerRow {
  const row = STRIPE_ANSWERS.find((candidate) => matches(candidate.match, seen));
  if (row === undefined) throw new Error("the last row matches everything");
  return row;
}

function matches(match: AnswerMatch, seen: Observation): boolean {
  const statusFits = match.status === undefined || statusMatches(match.status, seen.status);
  const codeFits = match.codes === undefined || (seen.code !== undefined && match.codes.includes(seen.code));
  const codeAbsenceFits = match.codeAbsent === undefined || seen.code === undefined;
  const typeFits = match.types === undefined || (seen.type !== undefined && match.types.includes(seen.type));
  const parameterFits = match.namesParameter === undefined || seen.namesParameter;
  const replayFits = match.replayed === undefined || seen.replayed;
  return statusFits && codeFits && codeAbsenceFits && typeFits && parameterFits && replayFits;
}

function statusMatches(wanted: NonNullable<AnswerMatch["status"]>, status: number | undefined): boolean {
  if (wanted === "absent") return status === undefined;
  if (status === undefined) return false;
  if ("from" in wanted) return status >= wanted.from && status <= wanted.to;
  return wanted.includes(status);
}
