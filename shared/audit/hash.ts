import { createHash } from "node:crypto";
import { type AuditLine, coveredText } from "./chain.ts";
import type { AuditContent } from "./entry.ts";

/** sha256 in hex of what the line's hash covers. */
export function hashOf(line: Omit<AuditLine, "hash">): string {
  return createHash("sha256").update(coveredText(line)).digest("hex");
}

export function chained(content: AuditContent, prevHash: string): AuditLine {
  const covered = { ...content, prev_hash: prevHash };
  return { ...covered, hash: hashOf(covered) };
}
