import { Menu } from "@mantine/core";
import { IconArrowDown, IconArrowsSort, IconArrowUp } from "@tabler/icons-react";
import type { Column } from "./list-definition.ts";
import classes from "./record-table.module.css";

interface SortHeaderProps<T> {
  readonly column: Column<T>;
  readonly sort: string | undefined;
  readonly currency: string | undefined;
  /** In which amounts could be ordered. */
  readonly currencies: () => readonly string[];
  readonly onSort: (change: { sort: string; currency?: string }) => void;
}

/** Pressed, the list is ordered by the column, largest or latest first; pressed again, the other way round. */
export function SortHeader<T>({ column, sort, currency, currencies, onSort }: SortHeaderProps<T>) {
  const { header, sort: order, align } = column;
  if (order === undefined) {
    return (
      <th scope="col" data-align={align}>
        {header}
      </th>
    );
  }
  const descending = sort === `-${order}`;
  const ascending = sort === order;
  const Icon = descending ? IconArrowDown : ascending ? IconArrowUp : IconArrowsSort;
  const next = descending ? order : `-${order}`;
  const needsCurrency = order === "amount" && currency === undefined;
  const content = (
    <>
      {header} <Icon size={14} stroke={1.8} aria-hidden />
    </>
  );
  return (
    <th scope="col" data-align={align} aria-sort={descending ? "descending" : ascending ? "ascending" : "none"}>
      {needsCurrency ? (
        <CurrencyChoice currencies={currencies()} onChoose={(chosen) => onSort({ sort: next, currency: chosen })}>
          <button type="button" className={classes.sort}>
            {content}
          </button>
        </CurrencyChoice>
      ) : (
        <button type="button" className={classes.sort} onClick={() => onSort({ sort: next })}>
          {content}
        </button>
      )}
    </th>
  );
}

interface CurrencyChoiceProps {
  readonly currencies: readonly string[];
  readonly onChoose: (currency: string) => void;
  readonly children: React.ReactElement;
}

function CurrencyChoice({ currencies, onChoose, children }: CurrencyChoiceProps) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>{children}</Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Amounts are ordered within one currency</Menu.Label>
        {currencies.map((currency) => (
          <Menu.Item key={currency} onClick={() => onChoose(currency)}>
            Only {currency}, largest first
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Currencies of the records that are here, in alphabetical order. */
export function currenciesOf(records: readonly object[]): readonly string[] {
  const found = records.flatMap((record) =>
    "currency" in record && typeof record.currency === "string" ? [record.currency] : [],
  );
  return [...new Set(found)].sort();
}
