import { useQuery } from "@tanstack/react-query";
import { versionQuery } from "../../api/versions.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { saveFile } from "../../ui/save-file.ts";
import { Loaded } from "../../ui/states.tsx";
import { writeYaml } from "./write-yaml.ts";

interface Props {
  slug: string;
  number: number;
  onClose: () => void;
}

/** A version as a whole, as YAML. */
export function VersionDialog({ slug, number, onClose }: Props) {
  const options = versionQuery(slug, number);
  const query = useQuery(options);
  const text = useQuery({
    queryKey: [...options.queryKey, "text"],
    queryFn: () => (query.data ? writeYaml(query.data.document) : ""),
    enabled: query.data !== undefined,
  });
  return (
    <Dialog isOpen isWide onClose={onClose} title={`Version ${number}`}>
      <Loaded query={query.error === null ? text : { ...query, data: undefined }} lines={8}>
        {(yaml) => (
          <>
            <pre
              // A long document is scrolled by the keyboard, too.
              tabIndex={0}
              aria-label="Document"
              className="max-h-[60dvh] overflow-auto rounded-md bg-soft p-3 font-mono text-xs"
            >
              {yaml}
            </pre>
            <FormActions>
              <Button onClick={() => saveFile(yaml, `${slug}-version-${number}.yaml`)}>
                Save as a file
              </Button>
              <Button onClick={onClose}>Close</Button>
            </FormActions>
          </>
        )}
      </Loaded>
    </Dialog>
  );
}
