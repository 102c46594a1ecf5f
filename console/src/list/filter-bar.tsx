import { Button, Checkbox, CloseButton, Group, Popover, Stack, TextInput } from "@mantine/core";
import { IconAdjustmentsHorizontal, IconChevronDown } from "@tabler/icons-react";
import { lazy, memo, Suspense, useState } from "react";
import classes from "./filter-bar.module.css";
import { describeFilter, keysOf } from "./filter-words.ts";
import type { Filter } from "./list-definition.ts";
import { valuesOf } from "./list-search.ts";
import type { ListState } from "./use-list.ts";

const DatesFilter = lazy(async () => ({ default: (await import("./dates-filter.tsx")).DatesFilter }));
const AmountFilter = lazy(async () => ({ default: (await import("./amount-filter.tsx")).AmountFilter }));

/**
 * One button per filter that says what it is set to; each change is an address of its own. On a phone those that aren't
 * set are behind one button.
 */
export const FilterBar = memo(function FilterBar({ filters, state }: { filters: readonly Filter[]; state: ListState }) {
  const [unfolded, setUnfolded] = useState(false);
  const set = filters.filter((filter) => describeFilter(filter, state.search) !== undefined);
  const drop = Object.fromEntries(set.flatMap((filter) => keysOf(filter).map((key) => [key, undefined])));
  return (
    <Group gap="xs" role="group" aria-label="Filters" className={classes.bar} data-unfolded={unfolded || undefined}>
      <Button
        size="xs"
        variant="default"
        className={classes.fold}
        leftSection={<IconAdjustmentsHorizontal size={16} stroke={1.6} />}
        aria-expanded={unfolded}
        onClick={() => setUnfolded(!unfolded)}
      >
        Filters
      </Button>
      {filters.map((filter) => (
        <FilterButton key={filter.key} filter={filter} state={state} />
      ))}
      {set.length > 0 && (
        <Button
          size="xs"
          variant="subtle"
          color="gray"
          c="dimmed"
          onClick={() => state.change({ ...drop, q: undefined })}
        >
          Clear filters
        </Button>
      )}
    </Group>
  );
});

export interface FilterEditorProps {
  readonly filter: Filter;
  readonly state: ListState;
  readonly onDone: () => void;
}

function FilterButton({ filter, state }: { filter: Filter; state: ListState }) {
  const [opened, setOpened] = useState(false);
  const value = describeFilter(filter, state.search);
  const clear = () => state.change(Object.fromEntries(keysOf(filter).map((key) => [key, undefined])));
  return (
    <div className={classes.filter} data-set={value !== undefined || undefined}>
      <Popover opened={opened} onChange={setOpened} position="bottom-start" shadow="md" trapFocus returnFocus>
        <Popover.Target>
          <Button
            size="xs"
            variant="default"
            className={classes.button}
            onClick={() => setOpened(!opened)}
            rightSection={<IconChevronDown size={14} stroke={1.6} aria-hidden />}
          >
            {value === undefined ? filter.label : `${filter.label}: ${value}`}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Suspense fallback={<div className={classes.pending} />}>
            <FilterEditor filter={filter} state={state} onDone={() => setOpened(false)} />
          </Suspense>
        </Popover.Dropdown>
      </Popover>
      {value !== undefined && <CloseButton size="sm" aria-label={`Clear ${filter.label}`} onClick={clear} />}
    </div>
  );
}

function FilterEditor(props: FilterEditorProps) {
  switch (props.filter.kind) {
    case "choice":
      return <ChoiceFilter {...props} options={props.filter.options} />;
    case "text":
      return <TextFilter {...props} />;
    case "dates":
      return <DatesFilter {...props} />;
    case "amount":
      return <AmountFilter {...props} />;
    case "own":
      return <props.filter.Editor {...props} />;
  }
}

type Options = readonly { readonly value: string; readonly label: string }[];

function ChoiceFilter({ filter, state, options }: FilterEditorProps & { options: Options }) {
  const chosen = valuesOf(state.search, filter.key);
  return (
    <Checkbox.Group
      label={filter.label}
      value={chosen}
      onChange={(values) => state.change({ [filter.key]: values.join(",") })}
    >
      <Stack gap={6} mt="xs">
        {options.map(({ value, label }) => (
          <Checkbox key={value} value={value} label={label} size="sm" />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}

function TextFilter({ filter, state, onDone }: FilterEditorProps) {
  const [text, setText] = useState(state.search[filter.key] ?? "");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        state.change({ [filter.key]: text.trim() });
        onDone();
      }}
    >
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <TextInput
          label={filter.label}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          data-autofocus
        />
        <Button type="submit">Apply</Button>
      </Group>
    </form>
  );
}
