import { type AuditLine, canonicalJson, hashOf, NO_HASH } from "./chain.ts";
import { auditKey, lineOfItem } from "./items.ts";

export interface BadLine {
  /** Counted from 1 in the file. */
  readonly line: number;
  readonly entity?: string;
  readonly id?: string;
  readonly version?: number;
  readonly problem: string;
}

export interface Verdict {
  readonly ok: boolean;
  readonly lines: number;
  readonly entities: number;
  readonly firstBad?: BadLine;
  /** Lines that tell of changes behind the commands' back. They are part of an intact log. */
  readonly flagged: number;
}

interface Tail {
  readonly sk: string;
  readonly hash: string;
  readonly version: number;
}

/**
 * Verifies an export of the audit log, one line of JSON per audit line: records in any order, each record's lines in
 * the order of their keys. Needs nothing but the lines. What it can't see from them is that the newest lines of a
 * record, or all of them, were left out.
 */
export function createVerifier(): { add(text: string): void; verdict(): Verdict } {
  const tails = new Map<string, Tail>();
  let fileLine = 0;
  let lines = 0;
  let flagged = 0;
  let firstBad: BadLine | undefined;

  function add(text: string): void {
    fileLine += 1;
    if (text.trim() === "") return;
    lines += 1;
    const line = parseLine(text);
    if (line === undefined) {
      firstBad ??= { line: fileLine, problem: "not an audit line" };
      return;
    }
    const { pk, sk } = auditKey(line);
    const { version } = line.metadata;
    const problem = problemOf(line, tails.get(pk), sk);
    if (problem !== undefined) {
      firstBad ??= { line: fileLine, entity: line.entity_type, id: line.entity_id, version, problem };
    }
    if (isFlagged(line)) flagged += 1;
    tails.set(pk, { sk, hash: line.hash, version });
  }

  function verdict(): Verdict {
    const ok = firstBad === undefined;
    return { ok, lines, entities: tails.size, flagged, ...(firstBad !== undefined && { firstBad }) };
  }
  return { add, verdict };
}

/** The verdict on a whole export in one text. */
export function verifyAudit(text: string): Verdict {
  const verifier = createVerifier();
  for (const line of text.split("\n")) verifier.add(line);
  return verifier.verdict();
}

function problemOf(line: AuditLine, tail: Tail | undefined, sk: string): string | undefined {
  if (hashOf(line) !== line.hash) return "the hash does not match the line: it was changed";
  if (tail !== undefined && sk === tail.sk) return "the line is there twice";
  if (tail !== undefined && sk < tail.sk) return "the line comes after a later one";
  const { version } = line.metadata;
  const expected = (tail?.version ?? 0) + 1;
  if (!isFlagged(line) && version !== expected) return `version ${expected} is missing before this line`;
  if (line.prev_hash === (tail?.hash ?? NO_HASH)) return undefined;
  return tail === undefined
    ? "lines before this first one are missing"
    : "the line does not follow the one before it: lines between them are missing or were replaced";
}

function isFlagged(line: AuditLine): boolean {
  return line.metadata.stream_sequence_number !== undefined;
}

/** A raw item of the table is its line with keys. Undefined as well for text that has no canonical form. */
function parseLine(text: string): AuditLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    if (!isLine(line)) return undefined;
    canonicalJson(line);
    return lineOfItem(line);
  } catch {
    return undefined;
  }
}

const requiredTexts = ["organization_id", "entity_type", "entity_id", "prev_hash", "hash"];

function isLine(value: unknown): value is AuditLine {
  if (!isObject(value) || requiredTexts.some((field) => typeof value[field] !== "string")) return false;
  const metadata = value.metadata;
  if (!isObject(metadata)) return false;
  const { version, stream_sequence_number: sequenceNumber } = metadata;
  if (!Number.isSafeInteger(version) || Number(version) < 0) return false;
  return sequenceNumber === undefined || typeof sequenceNumber === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
