import type { Wire } from "../../session/me.ts";
import type { Destination } from "../payouts/destinations.ts";

export type Payee = Wire["Payee"];

/** What people type of a payee, apart from the destinations. Empty is nothing. */
export interface PayeeValues extends Record<string, unknown> {
  readonly name: string;
  readonly email: string;
  readonly country: string;
  readonly default_currency: string;
  readonly tier: string;
  readonly payout_frequency: string;
  /** Minor units of the default currency. */
  readonly minimum_payout: number | undefined;
  readonly verified: boolean;
}

/** A destination as it is being typed; `id` tells the lines of the form apart. */
export interface DraftDestination {
  readonly id: string;
  readonly provider: Destination["provider"];
  readonly account: string;
  readonly channel_code: string;
  readonly account_number: string;
  readonly account_holder_name: string;
  /** The number that is known but masked, and which of the payee's destinations it is of. */
  readonly masked?: { readonly number: string; readonly index: number };
}

export const noValues: PayeeValues = {
  name: "",
  email: "",
  country: "",
  default_currency: "",
  tier: "",
  payout_frequency: "",
  minimum_payout: undefined,
  verified: false,
};

export function valuesOfPayee(payee: Payee): PayeeValues {
  return {
    name: payee.name,
    email: payee.email ?? "",
    country: payee.country ?? "",
    default_currency: payee.default_currency,
    tier: payee.tier ?? "",
    payout_frequency: payee.payout_frequency ?? "",
    minimum_payout: payee.minimum_payout ?? undefined,
    verified: payee.verified,
  };
}

const optionalTexts = ["email", "country", "tier", "payout_frequency"] as const;

/** The body of a new payee: what is empty is left out. */
export function creationBody(values: PayeeValues & { payee_id: string; destinations: readonly DraftDestination[] }) {
  return {
    payee_id: values.payee_id.trim(),
    name: values.name.trim(),
    default_currency: values.default_currency,
    verified: values.verified,
    destinations: values.destinations.map(destinationOf),
    ...Object.fromEntries(
      optionalTexts.flatMap((field) => (values[field].trim() === "" ? [] : [[field, values[field].trim()]])),
    ),
    ...(values.minimum_payout === undefined ? {} : { minimum_payout: values.minimum_payout }),
  };
}

/** The body of a correction: what differs from what was there; null where something was emptied. */
export function correctionBody(before: PayeeValues, after: PayeeValues): Record<string, unknown> {
  return Object.fromEntries(
    changedFields(before, after).map((field) => {
      const value = after[field];
      const isOptional = (optionalTexts as readonly string[]).includes(field) || field === "minimum_payout";
      const text = typeof value === "string" ? value.trim() : value;
      return [field, isOptional && (text === "" || text === undefined) ? null : text];
    }),
  );
}

export function changedFields(before: PayeeValues, after: PayeeValues): readonly (keyof PayeeValues & string)[] {
  const said = (value: unknown) => (typeof value === "string" ? value.trim() : value);
  return Object.keys(before).filter((field) => said(before[field]) !== said(after[field]));
}

export function emptyDraft(provider: Destination["provider"]): DraftDestination {
  return {
    id: crypto.randomUUID(),
    provider,
    account: "",
    channel_code: "",
    account_number: "",
    account_holder_name: "",
  };
}

/** What is known of the destinations as lines of the form. Masked numbers are left empty: to be kept they are filled in. */
export function draftsOf(destinations: readonly Destination[]): readonly DraftDestination[] {
  return destinations.map((destination, index) => {
    if (destination.provider === "stripe") return { ...emptyDraft("stripe"), account: destination.account };
    const { channel_code, account_number: number, account_holder_name } = destination;
    return { ...emptyDraft("xendit"), channel_code, account_holder_name, masked: { number, index } };
  });
}

/** The destination as the API takes it. */
export function destinationOf(draft: DraftDestination): Destination {
  return draft.provider === "stripe"
    ? { provider: "stripe", account: draft.account.trim() }
    : {
        provider: "xendit",
        channel_code: draft.channel_code.trim(),
        account_number: draft.account_number.trim(),
        account_holder_name: draft.account_holder_name.trim(),
      };
}

/**
 * The drafts with the numbers that their masked ones stand for. `known` are the same destinations with full numbers; what
 * doesn't fit, because somebody has changed it since, and what was typed already stays as it is.
 */
export function unmasked(
  drafts: readonly DraftDestination[],
  known: readonly Destination[],
): readonly DraftDestination[] {
  return drafts.map((draft) => {
    const { masked, ...rest } = draft;
    const full = masked === undefined ? undefined : known[masked.index];
    if (masked === undefined || full?.provider !== "xendit" || draft.account_number !== "") return draft;
    const fits =
      full.channel_code === draft.channel_code &&
      full.account_number.length === masked.number.length &&
      full.account_number.endsWith(masked.number.replaceAll("*", ""));
    return fits ? { ...rest, account_number: full.account_number } : draft;
  });
}
