import { Button, Select, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { auditedEntities } from "../../../../shared/domain/entities.ts";
import type { FilterEditorProps } from "../../list/filter-bar.tsx";
import { entityWords } from "./entry-words.ts";
import { entityTypeOf } from "./named-record.ts";

const data = auditedEntities.map((value) => ({ value, label: entityWords[value] }));

/** One kind of record, or one record: where the id tells its kind, that is filled in. */
export function RecordFilter({ state, onDone }: FilterEditorProps) {
  const [type, setType] = useState<string | null>(state.search.entity_type ?? null);
  const [id, setId] = useState(state.search.entity_id ?? "");
  const told = entityTypeOf(id.trim());
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        state.change({ entity_type: told ?? type ?? undefined, entity_id: id.trim() });
        onDone();
      }}
    >
      <Stack gap="xs" w={320} maw="calc(100vw - 4rem)">
        <Select
          label="Kind of record"
          data={data}
          value={told ?? type}
          onChange={setType}
          disabled={told !== undefined}
          clearable
          searchable
          comboboxProps={{ withinPortal: false }}
        />
        <TextInput
          label="Id"
          description="Empty for all of this kind"
          value={id}
          onChange={(event) => setId(event.currentTarget.value)}
          data-autofocus
        />
        <Button type="submit">Apply</Button>
      </Stack>
    </form>
  );
}
