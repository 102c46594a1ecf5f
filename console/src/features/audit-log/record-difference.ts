import { isSupportedCurrency } from "../../../../shared/domain/currencies.ts";
import { type FieldValue, fieldLabel, fieldValueOf, isAmount } from "./field-value.ts";

type State = Readonly<Record<string, unknown>>;

/** What is needed of a line of the audit log to tell what it changed. */
export interface StatesOfEntry {
  readonly entity_type: string;
  readonly entity_id: string;
  readonly before_state: State | null;
  readonly after_state: State | null;
  readonly metadata: { readonly problem?: string | undefined };
}

export interface FieldDifference {
  /** Where it is in the record, unique in it, as a JSON pointer: `approval/votes/maya/at`. */
  readonly path: string;
  /** The same for people: `Approval › Votes › maya › At`. */
  readonly label: string;
  readonly mark: "added" | "removed" | "changed" | "same";
  /** Absent where the field wasn't there. */
  readonly before?: FieldValue;
  /** Absent where the field is gone. */
  readonly after?: FieldValue;
}

export interface RecordDifference {
  readonly kind: "created" | "removed" | "changed";
  /** What the line is about. */
  readonly told: readonly FieldDifference[];
  /** What stayed as it was, and what the line itself says already: version, stamp and the like. */
  readonly folded: readonly FieldDifference[];
}

/** Fields that every record has for the system's own sake; the line says what they say. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "change",
  "children",
  "createdAt",
  "entity",
  "id",
  "organizationId",
  "schemaVersion",
  "updatedAt",
  "version",
]);

/**
 * A line's before and after, field by field, nested ones included; undefined where it has neither. Of a line about a change
 * that no command made everything that differs is told, whatever field it is.
 */
export function differenceOf(entry: StatesOfEntry): RecordDifference | undefined {
  const { before_state: before, after_state: after } = entry;
  if (before === null && after === null) return undefined;
  const kind = before === null ? "created" : after === null ? "removed" : "changed";
  const currency = currencyOfId(entry);
  const old = leavesOf(before, currency);
  const now = leavesOf(after, currency);
  const flagged = entry.metadata.problem !== undefined;
  const told: FieldDifference[] = [];
  const folded: FieldDifference[] = [];
  for (const path of [...new Set([...old.keys(), ...now.keys()])].toSorted()) {
    const field = fieldOf(path, old.get(path), now.get(path));
    const isOwn = OWN_FIELDS.has(path.split("/")[0] ?? "") && !flagged;
    const isNothing = kind === "created" && field.after?.kind === "money" && field.after.amountMinor === 0;
    (field.mark === "same" || isOwn || isNothing ? folded : told).push(field);
  }
  return { kind, told, folded };
}

interface Leaf {
  readonly label: string;
  readonly value: FieldValue;
  /** Equal for equal values. */
  readonly identity: string;
}

function fieldOf(path: string, before: Leaf | undefined, after: Leaf | undefined): FieldDifference {
  const label = (after ?? before)?.label ?? path;
  if (before === undefined) return { path, label, mark: "added", ...(after !== undefined && { after: after.value }) };
  if (after === undefined) return { path, label, mark: "removed", before: before.value };
  const mark = before.identity === after.identity ? "same" : "changed";
  return { path, label, mark, before: before.value, after: after.value };
}

function leavesOf(state: State | null, currency: string | undefined): Map<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  if (state !== null) collect(state, { path: [], labels: [], amounts: false, currency }, leaves);
  return leaves;
}

interface Place {
  readonly path: readonly string[];
  readonly labels: readonly string[];
  /** Inside of a map of amounts by currency. */
  readonly amounts: boolean;
  readonly currency: string | undefined;
}

function collect(state: State, place: Place, leaves: Map<string, Leaf>): void {
  const currency = currencyIn(state) ?? place.currency;
  for (const name of Object.keys(state).toSorted()) {
    const value = state[name];
    const path = [...place.path, stepOf(name)];
    const labels = [...place.labels, fieldLabel(name)];
    if (isState(value)) {
      collect(value, { path, labels, amounts: isAmount(name), currency }, leaves);
    } else if (Array.isArray(value) && value.length > 0 && value.every(isState)) {
      collectAll(value, { path, labels, amounts: false, currency }, leaves);
    } else {
      const isInMap = place.amounts && isSupportedCurrency(name);
      leaves.set(path.join("/"), {
        label: labels.join(" › "),
        value: isInMap ? fieldValueOf(value, "Minor", name) : fieldValueOf(value, name, currency),
        identity: JSON.stringify(value),
      });
    }
  }
}

/** Of each element what tells it from the others is its name; without such it is its place in the list. */
const ELEMENT_NAMES = ["id", "by", "account", "from"];

function collectAll(elements: readonly State[], place: Place, leaves: Map<string, Leaf>): void {
  const naming = ELEMENT_NAMES.find((field) => {
    const names = elements.map((element) => element[field]);
    return names.every((name) => typeof name === "string") && new Set(names).size === names.length;
  });
  for (const [index, element] of elements.entries()) {
    const name = naming === undefined ? String(index + 1) : String(element[naming]);
    const inner = { ...place, path: [...place.path, stepOf(name)], labels: [...place.labels, name] };
    const { [naming ?? ""]: _name, ...others } = element;
    collect(Object.keys(others).length === 0 ? element : others, inner, leaves);
  }
}

/** A name as one step of a path. */
function stepOf(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

function currencyIn(state: State): string | undefined {
  const { currency, defaultCurrency } = state;
  if (typeof currency === "string") return currency;
  return typeof defaultCurrency === "string" ? defaultCurrency : undefined;
}

/** An approver's usage is in the currency that its id ends with. */
function currencyOfId({ entity_type: type, entity_id: id }: StatesOfEntry): string | undefined {
  return type === "approver_usage" ? id.slice(id.lastIndexOf("#") + 1) : undefined;
}

function isState(value: unknown): value is State {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
