import { Button, Group, Select, Text } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { type ListState, pageSizes } from "../../list/use-list.ts";

interface TimelinePagerProps {
  /** What is on the page, in words. */
  readonly said: string;
  readonly next: string | null;
  readonly state: ListState;
}

/** Back and forth in time, a page at a time; the newest page is the first. */
export function TimelinePager({ said, next, state }: TimelinePagerProps) {
  const { back, size, search } = state;
  return (
    <Group component="nav" aria-label="Pages of the timeline" justify="space-between" gap="xs">
      <Text size="sm" c="dimmed" aria-live="polite">
        {said}
      </Text>
      <Group gap="xs">
        <Select
          aria-label="Entries on a page"
          size="xs"
          w={110}
          data={pageSizes.map((count) => ({ value: String(count), label: `${count} entries` }))}
          value={String(size)}
          onChange={(count) => state.change({ size: count ?? undefined })}
          allowDeselect={false}
        />
        <Button
          size="xs"
          variant="default"
          disabled={search.cursor === undefined}
          onClick={() => state.change({ cursor: undefined })}
        >
          Newest
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={back === undefined}
          onClick={back}
          leftSection={<IconChevronLeft size={16} />}
        >
          Newer
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={next === null}
          onClick={() => next !== null && state.next(next)}
          rightSection={<IconChevronRight size={16} />}
        >
          Older
        </Button>
      </Group>
    </Group>
  );
}
