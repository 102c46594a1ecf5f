import { ApiRefusal, invalidParam } from "./api-refusal.ts";
import { isKnownCurrency } from "./currencies.ts";
import { type FormParams, mapParam, textParam } from "./form-body.ts";
import type { Metadata } from "./stripe-objects.ts";

const CREATE_PARAMS = [
  "amount",
  "currency",
  "destination",
  "description",
  "expand",
  "metadata",
  "source_transaction",
  "source_type",
  "transfer_group",
] as const;
const REVERSAL_PARAMS = ["amount", "description", "expand", "metadata", "refund_application_fee"] as const;
const UPDATE_PARAMS = ["description", "expand", "metadata"] as const;
const SOURCE_TYPES = ["card", "bank_account", "fpx"];
const METADATA_LIMITS = { names: 50, nameLength: 40, valueLength: 500 } as const;

export interface TransferParams {
  readonly amount: number;
  readonly currency: string;
  readonly destination: string;
  readonly description: string | null;
  readonly metadata: Metadata;
  readonly sourceType: string;
  readonly transferGroup: string | null;
}

/** What Stripe checks before execution begins; none of these refusals is kept under the idempotency key. */
export function readTransferParams(params: FormParams, maxAmount: number): TransferParams {
  refuseUnknown(params, CREATE_PARAMS);
  const currency = required(params, "currency");
  const destination = required(params, "destination");
  const amount = positiveInteger("amount", required(params, "amount"));
  if (!isKnownCurrency(currency)) throw invalidParam("currency", `Invalid currency: ${currency}.`);
  if (amount > maxAmount) throw invalidParam("amount", `Amount must be no more than ${maxAmount}`, "amount_too_large");
  const sourceType = textParam(params, "source_type") ?? "card";
  if (!SOURCE_TYPES.includes(sourceType)) {
    throw invalidParam("source_type", `Invalid source_type: must be one of ${SOURCE_TYPES.join(", ")}`);
  }
  const charge = textParam(params, "source_transaction");
  if (charge !== undefined) throw invalidParam("source_transaction", `No such charge: '${charge}'`, "resource_missing");
  return {
    amount,
    currency,
    destination,
    description: textParam(params, "description") ?? null,
    metadata: updateMetadata({}, params),
    sourceType,
    transferGroup: textParam(params, "transfer_group") ?? null,
  };
}

/** No amount means all that is left. */
export function readReversalParams(params: FormParams): {
  readonly amount: number | undefined;
  readonly metadata: Metadata;
} {
  refuseUnknown(params, REVERSAL_PARAMS);
  const amount = textParam(params, "amount");
  return {
    amount: amount === undefined ? undefined : positiveInteger("amount", amount),
    metadata: updateMetadata({}, params),
  };
}

export function readUpdateParams(params: FormParams, metadata: Metadata) {
  refuseUnknown(params, UPDATE_PARAMS);
  return { description: textParam(params, "description"), metadata: updateMetadata(metadata, params) };
}

/** Names given replace; an empty value removes its name; an empty `metadata` removes all. */
function updateMetadata(metadata: Metadata, params: FormParams): Metadata {
  if (textParam(params, "metadata") === "") return {};
  const updated: Record<string, string> = { ...metadata };
  for (const [name, value] of Object.entries(mapParam(params, "metadata") ?? {})) {
    const param = `metadata[${name}]`;
    if (typeof value !== "string") throw invalidParam(param, "Metadata values must be strings");
    if (name.length > METADATA_LIMITS.nameLength) {
      throw invalidParam(param, `Metadata keys can have up to ${METADATA_LIMITS.nameLength} characters`);
    }
    if (value.length > METADATA_LIMITS.valueLength) {
      throw invalidParam(param, `Metadata values can have up to ${METADATA_LIMITS.valueLength} characters`);
    }
    if (value === "") delete updated[name];
    else updated[name] = value;
  }
  if (Object.keys(updated).length > METADATA_LIMITS.names) {
    throw invalidParam("metadata", `You may only specify up to ${METADATA_LIMITS.names} metadata keys.`);
  }
  return updated;
}

function required(params: FormParams, name: string): string {
  const value = textParam(params, name);
  if (value === undefined) throw invalidParam(name, `Missing required param: ${name}.`, "parameter_missing");
  if (value === "") throw invalidParam(name, `You passed an empty string for '${name}'.`, "parameter_invalid_empty");
  return value;
}

function positiveInteger(name: string, text: string): number {
  if (!/^-?\d+$/.test(text)) throw invalidParam(name, `Invalid integer: ${text}`, "parameter_invalid_integer");
  const value = Number(text);
  if (value < 1)
    throw invalidParam(name, "This value must be greater than or equal to 1.", "parameter_invalid_integer");
  return value;
}

function refuseUnknown(params: FormParams, known: readonly string[]): void {
  const unknown = Object.keys(params).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const message = `Received unknown parameter${unknown.length === 1 ? "" : "s"}: ${unknown.join(", ")}`;
  const param = unknown[0];
  throw new ApiRefusal(400, {
    type: "invalid_request_error",
    code: "parameter_unknown",
    message,
    ...(param === undefined ? {} : { param }),
  });
}
