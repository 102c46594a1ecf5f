import canonicalize from "canonicalize";
import type { AuditContent } from "./entry.ts";

/** A line in its record's chain: each hash covers everything in the line, the hash of the line before included. */
export interface AuditLine extends AuditContent {
  readonly prev_hash: string;
  readonly hash: string;
}

/** What the first line of a chain links to. */
export const NO_HASH = "0".repeat(64);

/** What a line's hash is over: the canonical JSON (RFC 8785) of the line without its `hash`. */
export function coveredText(line: Omit<AuditLine, "hash">): string {
  const { hash: _, ...covered } = line as AuditLine;
  return canonicalJson(covered);
}

export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("not a JSON value");
  return text;
}

/** Two lines tell the same, wherever in the chain they stand. */
export function isSameContent(line: AuditLine, content: AuditContent): boolean {
  const { hash: _, prev_hash: __, ...told } = line;
  return canonicalJson(told) === canonicalJson(content);
}
