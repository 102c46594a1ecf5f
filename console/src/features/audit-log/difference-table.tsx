import { Button } from "@mantine/core";
import { useState } from "react";
import { formatAmount } from "../../display/money.tsx";
import classes from "./difference-table.module.css";
import type { FieldValue } from "./field-value.ts";
import { FieldView } from "./field-view.tsx";
import type { FieldDifference, RecordDifference } from "./record-difference.ts";

const marks = {
  added: { sign: "+", word: "added" },
  removed: { sign: "−", word: "removed" },
  changed: { sign: "~", word: "changed" },
  same: { sign: "", word: "unchanged" },
} as const;

const captions = {
  created: "What the record was created with",
  removed: "What the record had when it was removed",
  changed: "What was changed",
} as const;

/** A record before and after, field by field; what stayed as it was is folded away. */
export function DifferenceTable({ difference: { kind, told, folded } }: { difference: RecordDifference }) {
  const [unfolded, setUnfolded] = useState(false);
  const shown = unfolded ? [...told, ...folded] : told;
  return (
    <div>
      <table className={classes.table} data-kind={kind}>
        <caption className={classes.caption}>{captions[kind]}</caption>
        <thead>
          <tr>
            <th scope="col">Field</th>
            {kind !== "created" && <th scope="col">Before</th>}
            {kind !== "removed" && <th scope="col">After</th>}
          </tr>
        </thead>
        <tbody>
          {shown.map((field) => (
            <FieldRow key={field.path} field={field} kind={kind} />
          ))}
          {shown.length === 0 && (
            <tr>
              <td colSpan={3}>Nothing but its version and stamp</td>
            </tr>
          )}
        </tbody>
      </table>
      {folded.length > 0 && (
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          c="dimmed"
          mt={4}
          aria-expanded={unfolded}
          onClick={() => setUnfolded(!unfolded)}
        >
          {unfolded ? "Hide the rest" : `Show ${folded.length} more ${folded.length === 1 ? "field" : "fields"}`}
        </Button>
      )}
    </div>
  );
}

function FieldRow({ field, kind }: { field: FieldDifference; kind: RecordDifference["kind"] }) {
  const { label, mark, before, after, path } = field;
  const { sign, word } = marks[mark];
  return (
    <tr data-mark={mark}>
      <th scope="row" title={path}>
        {kind === "changed" && (
          <>
            <span className={classes.sign} aria-hidden>
              {sign}
            </span>
            <span className={classes.caption}>{word}: </span>
          </>
        )}
        {label}
      </th>
      {kind !== "created" && (
        <td data-label="Before">
          <Side value={before} className={classes.before} />
        </td>
      )}
      {kind !== "removed" && (
        <td data-label="After">
          <span>
            <Side value={after} className={classes.after} />
            <MoneyStep field={field} />
          </span>
        </td>
      )}
    </tr>
  );
}

function Side({ value, className }: { value: FieldValue | undefined; className: string | undefined }) {
  if (value === undefined) return <span className={classes.none}>–</span>;
  return (
    <span className={className}>
      <FieldView value={value} />
    </span>
  );
}

/** By how much an amount went up or down. */
function MoneyStep({ field: { before, after, mark } }: { field: FieldDifference }) {
  if (mark !== "changed" || before?.kind !== "money" || after?.kind !== "money") return null;
  if (before.currency !== after.currency) return null;
  const step = after.amountMinor - before.amountMinor;
  return (
    <span className={classes.step}>
      {step < 0 ? "−" : "+"}
      {formatAmount(Math.abs(step), after.currency)}
    </span>
  );
}
