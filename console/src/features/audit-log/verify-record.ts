import { coveredText } from "../../../../shared/audit/chain.ts";
import { createChainRules, lineOf, type RecordName, type Verdict } from "../../../../shared/audit/chain-rules.ts";

export interface LinePage {
  readonly data: readonly unknown[];
  readonly pagination: { readonly next_cursor: string | null };
}

/** The end of a chain, and when it was written. */
export interface ChainEnd {
  readonly at: string;
  readonly hash: string;
}

export interface RecordVerdict extends Verdict {
  readonly first: ChainEnd | undefined;
  readonly head: ChainEnd | undefined;
  /** False where the record has more lines than are looked at here: those up to here are judged. */
  readonly whole: boolean;
}

interface VerifyOptions {
  readonly record: RecordName;
  /** One page of the record's lines, the first version first. */
  readonly fetchPage: (cursor: string | undefined) => Promise<LinePage>;
  /** How many lines have been checked so far. */
  readonly onProgress?: (lines: number) => void;
  readonly maximumPages?: number;
}

/** A hundred lines each; a record with more is for the offline verifier. */
const MAXIMUM_PAGES = 200;

/**
 * Checks one record's lines as they come from the API, with the rules of the offline verifier: hashes are recomputed here,
 * so nobody's word is taken for them.
 */
export async function verifyRecord(options: VerifyOptions): Promise<RecordVerdict> {
  const { record, fetchPage, onProgress, maximumPages = MAXIMUM_PAGES } = options;
  const rules = createChainRules({ only: record });
  let first: ChainEnd | undefined;
  let head: ChainEnd | undefined;
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await fetchPage(cursor);
    const lines = page.data.map(lineOf);
    const hashes = await Promise.all(lines.map((line) => (line === undefined ? "" : sha256(coveredText(line)))));
    for (const [index, line] of lines.entries()) {
      if (line === undefined) {
        rules.addForeign();
        continue;
      }
      rules.add(line, hashes[index] ?? "");
      head = { at: line.created_at, hash: line.hash };
      first ??= head;
    }
    onProgress?.(rules.verdict().lines);
    cursor = page.pagination.next_cursor ?? undefined;
    pages += 1;
  } while (cursor !== undefined && pages < maximumPages);
  return { ...rules.verdict(), first, head, whole: cursor === undefined };
}

/** In hex. Browsers give it to pages that came over https, or from this machine. */
async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
