import { Group, Table, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useLive } from "../../api/live.ts";
import { Id } from "../../display/ids.tsx";
import { Money } from "../../display/money.tsx";
import { LoadingLines, ProblemNotice } from "../../display/states.tsx";
import type { ListPage } from "../../list/list-definition.ts";

interface Line {
  readonly link: (text: ReactNode) => ReactNode;
  readonly amountMinor: number;
  readonly status: ReactNode;
  readonly when: ReactNode;
}

interface RecentRecordsProps<T> {
  readonly title: string;
  /** What the date of a line is. */
  readonly when: string;
  readonly queryKey: readonly unknown[];
  readonly queryFn: (context: { signal: AbortSignal }) => Promise<ListPage<T>>;
  /** A link to the list of all. */
  readonly all: (text: string) => ReactNode;
  readonly line: (record: T) => Line;
  readonly empty: string;
}

/** A few records as a compact table that fits a phone as well, and the way to the list of all. */
export function RecentRecords<T extends { readonly id: string; readonly currency: string }>(
  props: RecentRecordsProps<T>,
) {
  const { title, when, queryKey, queryFn, all, line, empty } = props;
  const { data: page, error, refetch } = useLive({ queryKey, queryFn });
  const total = page?.pagination.total ?? null;
  const goesOn = page !== undefined && page.pagination.next_cursor !== null;
  return (
    <section aria-label={title}>
      <Group justify="space-between" gap="xs" mb={4}>
        <Title order={2}>{title}</Title>
        {page !== undefined && page.data.length > 0 && (
          <Text size="sm" component="span">
            {all(
              goesOn ? `All${total === null ? "" : ` ${total.toLocaleString("en-US")}`} in the list` : "In the list",
            )}
          </Text>
        )}
      </Group>
      {page === undefined && error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {page === undefined && error === null && <LoadingLines lines={3} />}
      {page?.data.length === 0 && (
        <Text size="sm" c="dimmed">
          {empty}
        </Text>
      )}
      {page !== undefined && page.data.length > 0 && (
        <Table fz="sm" verticalSpacing={6} horizontalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Id</Table.Th>
              <Table.Th ta="end">Amount</Table.Th>
              <Table.Th>Status</Table.Th>
              <Table.Th visibleFrom="xs">{when}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {page.data.map((record) => {
              const { link, amountMinor, status, when: at } = line(record);
              return (
                <Table.Tr key={record.id}>
                  <Table.Td>{link(<Id id={record.id} />)}</Table.Td>
                  <Table.Td ta="end">
                    <Money amountMinor={amountMinor} currency={record.currency} />
                  </Table.Td>
                  <Table.Td>{status}</Table.Td>
                  <Table.Td visibleFrom="xs">{at}</Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      )}
    </section>
  );
}
