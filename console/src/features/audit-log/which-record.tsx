import { Button, Group, Stack, Text, Title } from "@mantine/core";
import type { ListState } from "../../list/use-list.ts";
import { entityWords } from "./entry-words.ts";
import { outsideTypes } from "./named-record.ts";

/** Ids that other systems gave don't tell what they are of. */
export function WhichRecord({ id, state }: { id: string; state: ListState }) {
  return (
    <Stack gap="xs" py="md">
      <Title order={2}>What is {id}?</Title>
      <Text size="sm" c="dimmed">
        The id alone doesn’t tell. Choose what kind of record it belongs to.
      </Text>
      <Group gap="xs">
        {outsideTypes.map((type) => (
          <Button key={type} size="xs" variant="default" onClick={() => state.change({ entity_type: type })}>
            {entityWords[type]}
          </Button>
        ))}
      </Group>
    </Stack>
  );
}
