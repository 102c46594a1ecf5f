import { Button, Group, Modal, Progress, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useFocusBack } from "../action/use-focus-back.ts";
import { serverNow } from "../api/server-clock.ts";
import { ProblemNotice } from "../display/states.tsx";
import { useApi } from "../session/console-context.tsx";
import { countRows, withoutHeader } from "./csv-page.ts";
import type { Identified, ListDefinition } from "./list-definition.ts";
import { filtersOf, queryOf } from "./list-search.ts";
import { saveFile } from "./save-file.ts";
import type { ListState } from "./use-list.ts";

type Progressed =
  | { readonly step: "asking" }
  | { readonly step: "running" | "done" | "stopped"; readonly rows: number }
  | { readonly step: "failed"; readonly rows: number; readonly error: Error };

interface ExportDialogProps {
  readonly list: Pick<ListDefinition<Identified>, "name" | "many" | "fetchExport" | "defaultSort">;
  readonly state: ListState;
  /** Records that match the filters, where that is known. */
  readonly total: number | null;
  readonly onClose: () => void;
}

/**
 * All records of the filtered list as one CSV file, a thousand rows a request; it can be stopped at any time. The file is
 * saved when all of it is there: half an export is none.
 */
export function ExportDialog({ list, state, total, onClose }: ExportDialogProps) {
  const api = useApi();
  const [progress, setProgress] = useState<Progressed>({ step: "asking" });
  const stop = useRef<AbortController>(null);
  useEffect(() => () => stop.current?.abort(), []);
  useFocusBack();

  async function run() {
    const { fetchExport } = list;
    if (fetchExport === undefined) return;
    const controller = new AbortController();
    stop.current = controller;
    const parts: string[] = [];
    let rows = 0;
    let cursor: string | undefined;
    try {
      do {
        setProgress({ step: "running", rows });
        const query = { ...queryOf(list, state.search), ...(cursor === undefined ? {} : { cursor }) };
        const page = await fetchExport(api, query, controller.signal);
        if (controller.signal.aborted) return;
        rows += countRows(page.csv);
        parts.push(cursor === undefined ? page.csv : withoutHeader(page.csv));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      saveFile({
        name: `${list.name}-${new Date(serverNow()).toISOString().slice(0, 10)}.csv`,
        type: "text/csv;charset=utf-8",
        parts,
      });
      setProgress({ step: "done", rows });
    } catch (cause) {
      if (controller.signal.aborted) return;
      setProgress({ step: "failed", rows, error: cause instanceof Error ? cause : new Error(String(cause)) });
    }
  }

  function halt() {
    stop.current?.abort();
    setProgress((before) => (before.step === "running" ? { step: "stopped", rows: before.rows } : before));
  }

  const { sort: _order, ...filters } = filtersOf(state.search);
  const narrowed = Object.keys(filters).length > 0;
  const size = total === null ? "" : ` (${total.toLocaleString("en-US")})`;
  return (
    <Modal opened onClose={onClose} title={`Export ${list.many}`}>
      <Stack>
        <Text size="sm">
          {narrowed ? `All ${list.many} that match the filters${size}` : `All ${list.many}${size}`} as a CSV file,
          amounts in minor units. Exports are written down in the audit log.
        </Text>
        <ExportProgress progress={progress} total={total} many={list.many} />
        <Group justify="flex-end" gap="xs">
          {progress.step === "running" ? (
            <Button variant="default" onClick={halt}>
              Stop
            </Button>
          ) : (
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
          )}
          {progress.step !== "done" && progress.step !== "running" && (
            <Button onClick={() => void run()}>{progress.step === "asking" ? "Export" : "Try again"}</Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

function ExportProgress({ progress, total, many }: { progress: Progressed; total: number | null; many: string }) {
  if (progress.step === "asking") return null;
  const rows = progress.rows.toLocaleString("en-US");
  const isRunning = progress.step === "running";
  // More may have come since the list was read; a bar never says that all is there before it is.
  const part = total === null || total === 0 ? undefined : Math.min(99, (100 * progress.rows) / total);
  const said = {
    running: total === null ? `${rows} ${many} so far` : `${rows} of ${total.toLocaleString("en-US")} ${many}`,
    done: `${rows} ${many} are in the file.`,
    stopped: `Stopped after ${rows} ${many}. No file was saved.`,
    failed: `Ended after ${rows} ${many}. No file was saved.`,
  }[progress.step];
  return (
    <>
      {isRunning && <Progress value={part ?? 100} animated={part === undefined} aria-label="Exported so far" />}
      <Text size="sm" aria-live="polite">
        {said}
      </Text>
      {progress.step === "failed" && <ProblemNotice error={progress.error} />}
    </>
  );
}
