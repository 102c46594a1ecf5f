import { Button, Group, NumberInput, Select, Stack, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { decimalsOf, isSupportedCurrency, supportedCurrencies } from "../../../shared/domain/currencies.ts";
import type { FilterEditorProps } from "./filter-bar.tsx";

/** A currency, and a range of amounts in it: amounts of different currencies can't be compared. */
export function AmountFilter({ state, onDone }: FilterEditorProps) {
  const { currency: asked, min_amount, max_amount } = state.search;
  const known = asked !== undefined && isSupportedCurrency(asked) ? asked : null;
  const [currency, setCurrency] = useState<string | null>(known);
  const [low, setLow] = useState<number | string>(majorOf(min_amount, known));
  const [high, setHigh] = useState<number | string>(majorOf(max_amount, known));
  const [tried, setTried] = useState(false);
  const [lowMinor, highMinor] = [minorOf(low, currency), minorOf(high, currency)];
  const hasRange = typeof low === "number" || typeof high === "number";
  const missing = hasRange && currency === null ? "Amounts are compared within one currency" : undefined;
  const crossed =
    lowMinor !== undefined && highMinor !== undefined && lowMinor > highMinor ? "Less than the smallest" : undefined;

  function apply(event: FormEvent) {
    event.preventDefault();
    if (missing !== undefined || crossed !== undefined) return setTried(true);
    const range = { min_amount: lowMinor?.toString(), max_amount: highMinor?.toString() };
    state.change({ currency: currency ?? undefined, ...range });
    onDone();
  }

  const digits = currency === null ? 2 : decimalsOf(currency);
  const shared = {
    min: 0,
    hideControls: true,
    thousandSeparator: ",",
    decimalScale: digits,
    inputMode: "decimal",
  } as const;
  return (
    <form onSubmit={apply} noValidate>
      <Stack gap="xs" w={260}>
        <Select
          label="Currency"
          data={[...supportedCurrencies()]}
          value={currency}
          onChange={setCurrency}
          searchable
          clearable
          error={tried && missing}
          comboboxProps={{ withinPortal: false }}
          data-autofocus
        />
        <Group grow align="flex-start">
          <NumberInput label="At least" value={low} onChange={setLow} {...shared} />
          <NumberInput label="At most" value={high} onChange={setHigh} error={tried && crossed} {...shared} />
        </Group>
        <Text size="xs" c="dimmed">
          With a currency the list can be ordered by amount as well.
        </Text>
        <Button type="submit">Apply</Button>
      </Stack>
    </form>
  );
}

function majorOf(minor: string | undefined, currency: string | null): number | string {
  return minor === undefined || currency === null ? "" : Number(minor) / 10 ** decimalsOf(currency);
}

/** Minor units; undefined where nothing is typed or the currency isn't chosen. */
function minorOf(major: number | string, currency: string | null): number | undefined {
  return typeof major === "number" && currency !== null ? Math.round(major * 10 ** decimalsOf(currency)) : undefined;
}
