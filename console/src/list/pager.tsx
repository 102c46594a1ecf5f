import { Button, Group, Kbd, Select, Text } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconChevronsLeft } from "@tabler/icons-react";
import classes from "./toolbar.module.css";
import { type ListState, pageSizes } from "./use-list.ts";

interface PagerProps {
  /** Rows of this page, and those of them that typing has left. */
  readonly count: number;
  readonly shown: number;
  readonly pagination: { readonly next_cursor: string | null; readonly total: number | null };
  /** True while these are still the rows of the page before: what comes next isn't known yet. */
  readonly pending: boolean;
  readonly state: ListState;
  readonly one: string;
  readonly many: string;
}

export function Pager({ count, shown, pagination, pending, state, one, many }: PagerProps) {
  const { next_cursor: next, total } = pagination;
  const name = (total ?? count) === 1 ? one : many;
  const parts = [
    `${count}${total === null ? "" : ` of ${total.toLocaleString("en-US")}`} ${name}`,
    ...(shown < count ? [`${shown} of them shown`] : []),
    ...(state.page !== undefined && state.page > 1 ? [`page ${state.page}`] : []),
  ];
  return (
    <nav aria-label="Pages of the list" className={classes.pager}>
      <Text size="sm" c="dimmed" aria-live="polite">
        {parts.join(", ")}
      </Text>
      <Text size="xs" c="dimmed" className={classes.keys} component="div">
        <Kbd size="xs">J</Kbd> <Kbd size="xs">K</Kbd> rows, <Kbd size="xs">X</Kbd> select, <Kbd size="xs">Enter</Kbd>{" "}
        open, <Kbd size="xs">/</Kbd> search
      </Text>
      <Group gap="xs">
        <Select
          aria-label="Rows on a page"
          size="xs"
          w={96}
          data={pageSizes.map((size) => ({ value: String(size), label: `${size} rows` }))}
          value={String(state.size)}
          onChange={(size) => state.change({ size: size ?? undefined })}
          allowDeselect={false}
        />
        <Button
          size="xs"
          variant="default"
          disabled={state.search.cursor === undefined}
          onClick={() => state.change({ cursor: undefined })}
          aria-label="First page"
        >
          <IconChevronsLeft size={16} />
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={state.back === undefined}
          onClick={state.back}
          leftSection={<IconChevronLeft size={16} />}
        >
          Back
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={next === null}
          onClick={() => next !== null && !pending && state.next(next)}
          rightSection={<IconChevronRight size={16} />}
        >
          Next
        </Button>
      </Group>
    </nav>
  );
}
