import { ActionIcon, Button, Fieldset, Group, Select, Stack, Text, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { HIGH_VALUE_DEFAULTS } from "../../../../shared/access/limits.ts";
import { supportedCurrencies } from "../../../../shared/domain/currencies.ts";
import { MoneyInput } from "../../action/money-input.tsx";
import { formatMoney } from "../../display/money.tsx";
import { type AmountField, type AmountRow, isOwn, type Settings } from "./settings-draft.ts";
import { settingWords } from "./settings-words.ts";

interface AmountRowsProps {
  readonly field: AmountField;
  readonly rows: readonly AmountRow[];
  readonly base: Settings;
  readonly errors: Readonly<Record<string, unknown>>;
  readonly onChange: (rows: AmountRow[]) => void;
}

/** Amounts by currency. A default can be replaced but not removed; an own one can be given back. */
export function AmountRows({ field, rows, base, errors, onChange }: AmountRowsProps) {
  const { label, description } = settingWords[field];
  const own = (currency: string) => isOwn(base, `${field}.${currency}`);
  const unchangeable = (currency: string) => base[field][currency] !== undefined && !own(currency);
  const gone = Object.entries(base[field]).filter(([currency]) => !rows.some((row) => row.currency === currency));
  const free = supportedCurrencies().filter((currency) => !rows.some((row) => row.currency === currency));
  const put = (row: AmountRow) =>
    onChange(
      [...rows.filter(({ currency }) => currency !== row.currency), row].toSorted((a, b) =>
        a.currency.localeCompare(b.currency),
      ),
    );
  return (
    <Fieldset
      variant="unstyled"
      legend={
        <Text span size="sm" fw={500}>
          {label}
        </Text>
      }
    >
      <Text size="xs" c="dimmed" mb="xs">
        {description}
      </Text>
      <Stack gap="xs">
        {rows.map((row) => (
          <Group key={row.currency} gap="xs" wrap="nowrap" align="flex-start">
            <MoneyInput
              currency={row.currency}
              value={row.amount === "" ? undefined : row.amount}
              onChange={(amount) => onChange(rows.map((one) => (one === row ? { ...one, amount: amount ?? "" } : one)))}
              aria-label={`${label}, ${row.currency}`}
              error={errorText(errors[`${field}.${row.currency}`])}
              style={{ flex: "0 1 14rem" }}
            />
            {unchangeable(row.currency) ? (
              <Text size="sm" c="dimmed" mt={8}>
                {row.amount === base[field][row.currency] && "default"}
              </Text>
            ) : (
              <Tooltip label={`Remove ${row.currency}: ${without(field, row.currency)}`}>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  mt={4}
                  onClick={() => onChange(rows.filter((one) => one !== row))}
                  aria-label={`Remove ${row.currency}: ${without(field, row.currency)}`}
                >
                  <IconX size={16} />
                </ActionIcon>
              </Tooltip>
            )}
          </Group>
        ))}
        {gone.map(([currency, amount]) => (
          <Group key={currency} gap="xs">
            <Text size="sm">
              {currency}: {without(field, currency)}
            </Text>
            <Button size="compact-sm" variant="default" onClick={() => put({ currency, amount })}>
              Keep {formatMoney(amount, currency)}
            </Button>
          </Group>
        ))}
        <Select
          label="Add a currency"
          placeholder="Code"
          data={free}
          value={null}
          onChange={(currency) => currency !== null && put({ currency, amount: base[field][currency] ?? "" })}
          searchable
          selectFirstOptionOnChange
          nothingFoundMessage="No such currency"
          w={160}
        />
      </Stack>
    </Fieldset>
  );
}

/** What holds for a currency that has no amount of the organization's own. */
function without(field: AmountField, currency: string): string {
  if (field === "approver_limit_amounts") return "no limit";
  const usual = HIGH_VALUE_DEFAULTS[currency];
  return usual === undefined ? "every payout is high value" : `the default, ${formatMoney(usual, currency)}`;
}

function errorText(error: unknown): string | undefined {
  return typeof error === "string" ? error : undefined;
}
