import { fieldLabel } from "./field-value.ts";
import { differenceOf, type StatesOfEntry } from "./record-difference.ts";

/** What a line says in passing, before it is unfolded. */
export interface EntryGist {
  readonly words?: string;
  /** Minor units; `before` where the amount has changed. */
  readonly money?: { readonly before?: number; readonly after: number; readonly currency: string };
}

export interface GistSource extends StatesOfEntry {
  readonly action: string;
}

type State = Readonly<Record<string, unknown>>;

const SHOWN_FIELDS = 3;

export function gistOf(entry: GistSource): EntryGist {
  const { before_state: before, after_state: after, metadata } = entry;
  const state = after ?? before;
  if (state === null) return {};
  const money = entry.entity_type === "journal_entry" ? postedIn(state) : moneyOf(before, after);
  const words = metadata.problem === undefined ? wordsOf(entry, state) : spelled(metadata.problem);
  return { ...(words !== undefined && { words }), ...(money !== undefined && { money }) };
}

function wordsOf(entry: GistSource, state: State): string | undefined {
  switch (entry.entity_type) {
    case "security_event":
      return textIn(state, "detail");
    case "journal_entry":
      return spelledIn(state, "kind");
    case "role_assignment":
      return roleWords(entry.before_state, state);
  }
  // Other actions say by their name what they change.
  return obstacleIn(entry) ?? (entry.action.endsWith(".updated") ? changedFields(entry) : undefined);
}

function roleWords(before: State | null, after: State): string | undefined {
  const role = spelledIn(after, "role");
  const old = before === null ? undefined : spelledIn(before, "role");
  return old === undefined || old === role ? role : `${old} → ${role}`;
}

/** A new obstacle, or what the provider said this time if it wasn't yes. */
function obstacleIn({ before_state: before, after_state: after }: GistSource): string | undefined {
  const code = innerText(after, "blocker", "code");
  if (code !== undefined && code !== innerText(before, "blocker", "code")) return `waits: ${spelled(code)}`;
  const outcome = innerText(after, "outcome", "code");
  const isNew = innerText(after, "outcome", "at") !== innerText(before, "outcome", "at");
  return isNew && outcome !== undefined && outcome !== "accepted" ? spelled(outcome) : undefined;
}

/** Names of the fields at the top that have changed. */
function changedFields(entry: GistSource): string | undefined {
  const difference = differenceOf(entry);
  if (difference?.kind !== "changed") return undefined;
  const names = new Set(difference.told.map(({ path }) => fieldLabel(path.split("/")[0] ?? path).toLowerCase()));
  if (names.size === 0) return undefined;
  const shown = [...names].slice(0, SHOWN_FIELDS).join(", ");
  return names.size > SHOWN_FIELDS ? `${shown} and ${names.size - SHOWN_FIELDS} more` : shown;
}

function moneyOf(before: State | null, after: State | null): EntryGist["money"] {
  const currency = textIn(after ?? before ?? {}, "currency");
  const now = amountIn(after ?? before);
  if (currency === undefined || now === undefined) return undefined;
  const was = amountIn(before);
  return { after: now, currency, ...(was !== undefined && was !== now && { before: was }) };
}

/** What an entry of the journal moves: the sum of its debits. */
function postedIn(state: State): EntryGist["money"] {
  const currency = textIn(state, "currency");
  const { postings } = state;
  if (currency === undefined || !Array.isArray(postings)) return undefined;
  const amounts = postings.map((posting) => (isState(posting) ? amountIn(posting) : undefined));
  return { after: amounts.reduce<number>((sum, amount) => sum + Math.max(0, amount ?? 0), 0), currency };
}

function amountIn(state: State | null): number | undefined {
  const amount = state?.amountMinor;
  return typeof amount === "number" && Number.isSafeInteger(amount) ? amount : undefined;
}

function textIn(state: State, field: string): string | undefined {
  const value = state[field];
  return typeof value === "string" ? value : undefined;
}

function spelledIn(state: State, field: string): string | undefined {
  const text = textIn(state, field);
  return text === undefined ? undefined : spelled(text);
}

function innerText(state: State | null, field: string, inner: string): string | undefined {
  const value = state?.[field];
  return isState(value) ? textIn(value, inner) : undefined;
}

function spelled(name: string): string {
  return name.replaceAll("_", " ");
}

function isState(value: unknown): value is State {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
