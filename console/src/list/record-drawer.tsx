import { Drawer } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useFocusBack } from "../action/use-focus-back.ts";
import { LoadingLines, ProblemNotice } from "../display/states.tsx";
import type { Identified } from "./list-definition.ts";

interface RecordDrawerProps<T extends Identified> {
  readonly title: string;
  readonly id: string;
  readonly query: UseQueryResult<{ readonly data: T }>;
  readonly onClose: () => void;
  /** `onAsking` is told when a dialog opens and closes: its Escape isn't the drawer's. */
  readonly children: (record: T, onAsking: (asking: boolean) => void) => ReactNode;
}

/** Everything about one record of a list, beside it; as wide as the screen on a phone. */
export function RecordDrawer<T extends Identified>({ title, id, query, onClose, children }: RecordDrawerProps<T>) {
  const [asking, setAsking] = useState(false);
  useFocusBack();
  const { data, error, refetch } = query;
  // Of the record before this one nothing is shown under the new one's name.
  const record = data?.data.id === id ? data.data : undefined;
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="min(100%, 34rem)"
      title={title}
      closeOnEscape={!asking}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {record !== undefined && children(record, setAsking)}
      {record === undefined && error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {record === undefined && error === null && <LoadingLines />}
    </Drawer>
  );
}
