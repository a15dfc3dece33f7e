import { useQuery } from "@tanstack/react-query";
import { comparisonQuery } from "../../api/versions.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Differences } from "./differences.tsx";

interface Props {
  slug: string;
  from: number;
  to: number;
  onClose: () => void;
}

/** What differs between two versions. */
export function ComparisonDialog({ slug, from, to, onClose }: Props) {
  const query = useQuery(comparisonQuery(slug, from, to));
  return (
    <Dialog isOpen isWide onClose={onClose} title={`Version ${from} and version ${to}`}>
      <Loaded query={query}>
        {({ differences }) => <Differences differences={differences} />}
      </Loaded>
    </Dialog>
  );
}
