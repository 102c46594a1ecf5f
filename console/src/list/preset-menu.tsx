import { ActionIcon, Button, Divider, Group, Popover, TextInput } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconBookmark, IconTrash } from "@tabler/icons-react";
import { type FormEvent, memo, useState } from "react";
import { serverNow } from "../api/server-clock.ts";
import { useConsole } from "../session/console-context.tsx";
import type { ListDefinition, Preset } from "./list-definition.ts";
import type { ListSearch } from "./list-search.ts";
import classes from "./toolbar.module.css";
import type { ListState } from "./use-list.ts";

interface SavedPreset {
  readonly name: string;
  readonly search: ListSearch;
}

interface PresetMenuProps {
  readonly list: Pick<ListDefinition<never>, "name" | "many"> & { readonly presets: readonly Preset[] };
  readonly state: ListState;
}

/** Views with a name: the list's own, and those that the person has saved in this browser. */
export const PresetMenu = memo(function PresetMenu({ list, state }: PresetMenuProps) {
  const { me } = useConsole();
  const [opened, setOpened] = useState(false);
  const [saved, setSaved] = useLocalStorage<readonly SavedPreset[]>({
    key: `payouts.presets.${me.organization_id}.${me.subject}.${list.name}`,
    defaultValue: [],
  });
  const take = (search: ListSearch) => {
    state.replace(search);
    setOpened(false);
  };
  const save = (name: string) => {
    const { cursor: _cursor, open: _open, ...search } = state.search;
    setSaved([...saved.filter((preset) => preset.name !== name), { name, search }]);
    setOpened(false);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" shadow="md" width={280} trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconBookmark size={16} stroke={1.6} />}
          onClick={() => setOpened(!opened)}
        >
          Views
        </Button>
      </Popover.Target>
      <Popover.Dropdown p="xs">
        <ul className={classes.views} aria-label={`Views of ${list.many}`}>
          <li>
            <button type="button" className={classes.view} onClick={() => take({})}>
              All {list.many}
            </button>
          </li>
          {list.presets.map(({ name, search }) => (
            <li key={name}>
              <button type="button" className={classes.view} onClick={() => take(search(serverNow()))}>
                {name}
              </button>
            </li>
          ))}
        </ul>
        {saved.length > 0 && (
          <>
            <Divider my={6} label="Saved in this browser" labelPosition="left" />
            <ul className={classes.views} aria-label="Saved views">
              {saved.map((preset) => (
                <li key={preset.name}>
                  <button type="button" className={classes.view} onClick={() => take(preset.search)}>
                    {preset.name}
                  </button>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={`Forget ${preset.name}`}
                    onClick={() => setSaved(saved.filter((other) => other !== preset))}
                  >
                    <IconTrash size={16} stroke={1.6} />
                  </ActionIcon>
                </li>
              ))}
            </ul>
          </>
        )}
        <Divider my={6} />
        <SaveView taken={saved.map(({ name }) => name)} onSave={save} />
      </Popover.Dropdown>
    </Popover>
  );
});

function SaveView({ taken, onSave }: { taken: readonly string[]; onSave: (name: string) => void }) {
  const [name, setName] = useState("");
  const trimmed = name.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (trimmed !== "") onSave(trimmed);
  };
  return (
    <form onSubmit={submit}>
      <Group gap={6} wrap="nowrap" align="flex-end">
        <TextInput
          size="xs"
          label="Save this view as"
          description={taken.includes(trimmed) ? "Takes the place of the one with this name" : undefined}
          value={name}
          maxLength={60}
          onChange={(event) => setName(event.currentTarget.value)}
          style={{ flex: 1 }}
        />
        <Button size="xs" type="submit" disabled={trimmed === ""}>
          Save
        </Button>
      </Group>
    </form>
  );
}
