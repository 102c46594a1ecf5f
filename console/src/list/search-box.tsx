import { CloseButton, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import classes from "./toolbar.module.css";
import type { ListState } from "./use-list.ts";

interface SearchBoxProps {
  readonly label: string;
  /** What can be typed: words for narrowing down, an id for asking. */
  readonly hint: string;
  readonly state: ListState;
  readonly typed: string;
  readonly onType: (text: string) => void;
}

/** Typing narrows the rows that are here at once; Enter asks for an id among all. */
export function SearchBox({ label, hint, state, typed, onType }: SearchBoxProps) {
  const type = (text: string) => {
    onType(text);
    if (text === "" && state.search.q !== undefined) state.change({ q: undefined });
  };
  return (
    <search className={classes.search}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          state.change({ q: typed.trim() });
        }}
      >
        <TextInput
          aria-label={label}
          placeholder={hint}
          leftSection={<IconSearch size={16} stroke={1.6} />}
          rightSection={
            typed !== "" && <CloseButton size="sm" aria-label="Clear the search" onClick={() => type("")} />
          }
          value={typed}
          onChange={(event) => type(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape" && typed !== "") type("");
          }}
          data-find
        />
      </form>
    </search>
  );
}
