import type { AuditLine } from "../audit/chain.ts";
import type { AuditReader } from "../audit/reader.ts";
import { readFamily } from "../commands/records.ts";
import type { Store } from "../store/store.ts";
import { partsOf, readLinesOf } from "./family-lines.ts";

/** One thing that happened to a payout or to a part of it, in its wire form. */
export interface TimelineEntry {
  readonly at: string;
  readonly entity_type: string;
  readonly entity_id: string;
  readonly version: number;
  readonly action: string;
  readonly actor_type: AuditLine["changed_by_type"];
  readonly actor: string;
  readonly actor_role: string | null;
  readonly reason: string | null;
  readonly old_status: string | null;
  readonly new_status: string | null;
  readonly amount: number | null;
  readonly detail: string | null;
}

export interface Timeline {
  readonly data: readonly TimelineEntry[];
  readonly truncated: boolean;
}

/** Everything on record about a payout and its parts, oldest first, without the postings; undefined where there is none. */
export async function readTimeline(
  { store, audit }: { readonly store: Store; readonly audit: AuditReader },
  organizationId: string,
  payoutId: string,
): Promise<Timeline | undefined> {
  const family = await readFamily(store, organizationId, payoutId);
  if (family === undefined || family.payout.id !== payoutId) return undefined;
  const { lines, truncated } = await readLinesOf(audit, organizationId, partsOf(family));
  return { data: lines.map(entryOf), truncated };
}

function entryOf(line: AuditLine): TimelineEntry {
  const amount = line.after_state?.amountMinor ?? line.before_state?.amountMinor;
  return {
    at: line.created_at,
    entity_type: line.entity_type,
    entity_id: line.entity_id,
    version: line.metadata.version,
    action: line.action,
    actor_type: line.changed_by_type,
    actor: line.changed_by,
    actor_role: line.changed_by_role,
    reason: line.reason,
    old_status: line.old_status,
    new_status: line.new_status,
    amount: typeof amount === "number" ? amount : null,
    detail: detailOf(line),
  };
}

/** What the status doesn't say: how it was fired and how late, what is in the way, what the provider answered. */
function detailOf({ before_state: before, after_state: after, metadata }: AuditLine): string | null {
  const told = [
    metadata.problem,
    ifNew(before, after, "firing", ({ path, latenessSeconds }) => `${text(path)}, ${text(latenessSeconds)} s late`),
    ifNew(before, after, "outcome", ({ code, message }) => [code, message].filter(isText).join(": ")),
    ifNew(before, after, "blocker", ({ code, detail }) => ["blocked", code, detail].filter(isText).join(": ")),
  ].filter(isText);
  return told.length === 0 ? null : told.join("; ");
}

type State = AuditLine["after_state"];

/** Tells a field that this change has set or changed. */
function ifNew(
  before: State,
  after: State,
  field: string,
  tell: (value: Readonly<Record<string, unknown>>) => string,
): string | undefined {
  const value = after?.[field];
  if (!isObject(value) || JSON.stringify(before?.[field]) === JSON.stringify(value)) return undefined;
  return tell(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "?";
}
