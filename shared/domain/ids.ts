import { createHash } from "node:crypto";

/**
 * Ids are a prefix and 26 characters of a ULID's alphabet. A payout and its children share the first 24 (the family);
 * the last two are an ordinal, `00` for the payout itself. See docs/data-model.md.
 */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const FAMILY_LENGTH = 24;
/** Two characters of 32 values; the payout takes the first. */
export const MAX_CHILDREN = 32 * 32 - 1;

export type ChildPrefix = "ps" | "eh" | "tr" | "je";

/** The family of a payout whose cause has an identity: the same cause can't create two. Parts must not be guessable into each other, so they are length-prefixed. */
export function familyOfCause(...parts: readonly string[]): string {
  const digest = createHash("sha256")
    .update(parts.map((part) => `${part.length}:${part}`).join(""))
    .digest();
  let bits = 0n;
  for (const byte of digest.subarray(0, 15)) bits = (bits << 8n) | BigInt(byte);
  let text = "";
  for (let index = 0; index < FAMILY_LENGTH; index += 1) {
    text = (ALPHABET[Number(bits & 31n)] ?? "0") + text;
    bits >>= 5n;
  }
  // A ULID's first character is 0 to 7: it holds 130 bits' worth of letters but 128 of data.
  return (ALPHABET[ALPHABET.indexOf(text[0] ?? "0") & 7] ?? "0") + text.slice(1);
}

/** The family of a payout with no cause of its own, from a fresh ULID. */
export function familyOfUlid(ulid: string): string {
  return ulid.slice(0, FAMILY_LENGTH);
}

export function payoutIdOf(family: string): string {
  return `po_${family}00`;
}

/** The family's part of any id in it. */
export function familyOf(id: string): string {
  return id.slice(3, 3 + FAMILY_LENGTH);
}

export function childId(prefix: ChildPrefix, family: string, ordinal: number): string {
  if (!Number.isInteger(ordinal) || ordinal < 1 || ordinal > MAX_CHILDREN) {
    throw new RangeError(`a payout has at most ${MAX_CHILDREN} children, not ${ordinal}`);
  }
  return `${prefix}_${family}${ALPHABET[ordinal >> 5]}${ALPHABET[ordinal & 31]}`;
}
