import type { AuditLine } from "../audit/chain.ts";
import { auditKey } from "../audit/items.ts";
import { type AuditLog, type AuditPage, type AuditQuery, positionOf } from "./audit-log.ts";

export const MAX_EXPORTED_LINES = 1_000;
/** A function's answer has at most 6 MB, and JSON in a string grows a little. */
const MAX_EXPORTED_BYTES = 4_000_000;

/**
 * Lines for export, oldest first: up to 1,000 of them and 4 MB. A record's lines are in the order of its chain, so that the
 * calls' answers one after the other can be verified; lines of one instant stay together.
 */
export async function readExport(
  log: AuditLog,
  query: Omit<AuditQuery, "ascending" | "limit">,
): Promise<AuditPage | null> {
  const wanted: AuditQuery = { ...query, ascending: true, limit: MAX_EXPORTED_LINES };
  const page = await log.readPage(wanted);
  if (page === null) return null;
  const fitting = withinBytes(page.lines);
  const isCut = fitting.length < page.lines.length;
  if (!isCut && page.next === undefined) return { ...page, lines: chainsInOrder(fitting) };
  const lastAt = fitting.at(-1)?.created_at;
  const whole = fitting.filter(({ created_at }) => created_at !== lastAt);
  const lines = whole.length === 0 ? fitting : whole;
  const last = lines.at(-1);
  const next =
    last !== undefined && (isCut || lines.length < fitting.length) ? positionOf(last, query.filters) : page.next;
  return { ...page, lines: chainsInOrder(lines), next };
}

function withinBytes(lines: readonly AuditLine[]): readonly AuditLine[] {
  let bytes = 0;
  const end = lines.findIndex((line, index) => {
    bytes += Buffer.byteLength(JSON.stringify(line)) + 1;
    return index > 0 && bytes > MAX_EXPORTED_BYTES;
  });
  return end < 0 ? lines : lines.slice(0, end);
}

/** Clocks may have dated a record's lines the other way round; its places in the list are taken in the chain's order. */
function chainsInOrder(lines: readonly AuditLine[]): AuditLine[] {
  const chains = Map.groupBy(lines, (line) => auditKey(line).pk);
  const inOrder = new Map(
    [...chains].map(([pk, chain]) => [pk, chain.sort((a, b) => (auditKey(a).sk < auditKey(b).sk ? -1 : 1)).values()]),
  );
  return lines.flatMap((line) => inOrder.get(auditKey(line).pk)?.next().value ?? []);
}
