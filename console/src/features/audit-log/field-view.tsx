import { Id } from "../../display/ids.tsx";
import { Money } from "../../display/money.tsx";
import type { FieldValue } from "./field-value.ts";

/** To the second, since that is what two changes may differ by. */
const momentFormat = new Intl.DateTimeFormat("en-GB", {
  day: "2-digit",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

export function ExactInstant({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at}>
      {momentFormat.format(new Date(at))}
    </time>
  );
}

export function FieldView({ value }: { value: FieldValue }) {
  switch (value.kind) {
    case "money":
      return <Money amountMinor={value.amountMinor} currency={value.currency} />;
    case "instant":
      return <ExactInstant at={value.at} />;
    case "id":
      return <Id id={value.id} />;
    case "text":
      return value.text;
  }
}
