import { Button, Tooltip } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { lazy, memo, Suspense, useState } from "react";
import { useWhyNot } from "../session/console-context.tsx";
import type { Identified, ListDefinition } from "./list-definition.ts";
import type { ListState } from "./use-list.ts";

const ExportDialog = lazy(async () => ({ default: (await import("./export-dialog.tsx")).ExportDialog }));

interface ExportButtonProps<T extends Identified> {
  readonly list: ListDefinition<T>;
  readonly state: ListState;
  /** Records that match the filters, where that is known: what the progress is measured against. */
  readonly total?: number | null;
}

function ExportOpener<T extends Identified>({ list, state, total = null }: ExportButtonProps<T>) {
  const [opened, setOpened] = useState(false);
  const reason = useWhyNot("payouts.export");
  return (
    <>
      <Tooltip label={reason} disabled={reason === undefined}>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} stroke={1.6} />}
          data-disabled={reason !== undefined || undefined}
          aria-disabled={reason !== undefined}
          onClick={() => reason === undefined && setOpened(true)}
        >
          Export
        </Button>
      </Tooltip>
      {opened && (
        <Suspense fallback={null}>
          <ExportDialog list={list} state={state} total={total} onClose={() => setOpened(false)} />
        </Suspense>
      )}
    </>
  );
}

export const ExportButton = memo(ExportOpener) as typeof ExportOpener;
