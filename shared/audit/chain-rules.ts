import { type AuditLine, canonicalJson, NO_HASH } from "./chain.ts";
import { auditKey, lineOfItem } from "./items.ts";

export interface BadLine {
  /** Counted from 1 among all that were given. */
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

/** The one record whose lines are expected. */
export type RecordName = Pick<AuditLine, "organization_id" | "entity_type" | "entity_id">;

/** The end of a chain as far as it was given. */
interface Tail {
  readonly sk: string;
  readonly hash: string;
  readonly version: number;
}

/**
 * What makes lines an intact log: records in any order, each record's lines in the order of their keys. Needs nothing but
 * the lines, and for each the sha256 of its `coveredText` in hex, which the caller computes with what its platform has.
 * What can't be seen from lines is that the newest of a record, or all of them, were left out.
 */
export function createChainRules({ only }: { readonly only?: RecordName } = {}) {
  const tails = new Map<string, Tail>();
  let given = 0;
  let lines = 0;
  let flagged = 0;
  let firstBad: BadLine | undefined;

  return {
    /** An empty line of a file: it has a number and says nothing. */
    skip(): void {
      given += 1;
    },

    /** Something that `lineOf` didn't take for a line. */
    addForeign(): void {
      given += 1;
      lines += 1;
      firstBad ??= { line: given, problem: "not an audit line" };
    },

    add(line: AuditLine, computedHash: string): void {
      given += 1;
      lines += 1;
      const { pk, sk } = auditKey(line);
      const { version } = line.metadata;
      const problem =
        only !== undefined && !isOf(line, only)
          ? "the line belongs to another record"
          : problemOf(line, { computedHash, tail: tails.get(pk), sk });
      if (problem !== undefined) {
        firstBad ??= { line: given, entity: line.entity_type, id: line.entity_id, version, problem };
      }
      if (isFlagged(line)) flagged += 1;
      tails.set(pk, { sk, hash: line.hash, version });
    },

    verdict(): Verdict {
      const ok = firstBad === undefined;
      return { ok, lines, entities: tails.size, flagged, ...(firstBad !== undefined && { firstBad }) };
    },
  };
}

/** The first bad line in words: which, of what, and what is wrong with it. */
export function describeBadLine({ line, entity, id, version, problem }: BadLine): string {
  const subject = entity === undefined ? "" : ` (${entity} ${id}, version ${version})`;
  return `first bad line: ${line}${subject}: ${problem}`;
}

/** A parsed audit line; a raw item of the table is its line with keys. Undefined for anything else, and for what has no canonical form. */
export function lineOf(value: unknown): AuditLine | undefined {
  if (!isLine(value)) return undefined;
  try {
    canonicalJson(value);
  } catch {
    return undefined;
  }
  return lineOfItem(value);
}

function isOf(line: AuditLine, { organization_id, entity_type, entity_id }: RecordName): boolean {
  return line.organization_id === organization_id && line.entity_type === entity_type && line.entity_id === entity_id;
}

interface Place {
  readonly computedHash: string;
  readonly tail: Tail | undefined;
  readonly sk: string;
}

function problemOf(line: AuditLine, { computedHash, tail, sk }: Place): string | undefined {
  if (computedHash !== line.hash) return "the hash does not match the line: it was changed";
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
