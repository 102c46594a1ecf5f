import { MultiSelect } from "@mantine/core";
import type { FilterEditorProps } from "../../list/filter-bar.tsx";
import { valuesOf } from "../../list/list-search.ts";
import { actionGroups } from "./entry-words.ts";

const data = actionGroups.map(({ group, items }) => ({ group, items: [...items] }));

/** Any of the actions, by what they are about; typing finds them. */
export function ActionFilter({ filter, state }: FilterEditorProps) {
  return (
    <MultiSelect
      label={filter.label}
      description="Type a word: released, approved, failed"
      data={data}
      value={valuesOf(state.search, filter.key)}
      onChange={(actions) => state.change({ [filter.key]: actions.join(",") })}
      searchable
      clearable
      hidePickedOptions
      nothingFoundMessage="No action is called so"
      maxDropdownHeight={320}
      w={340}
      maw="calc(100vw - 4rem)"
      comboboxProps={{ withinPortal: false }}
      data-autofocus
    />
  );
}
