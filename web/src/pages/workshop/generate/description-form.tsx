import { Field as BaseField } from "@base-ui/react/field";
import { useState } from "react";
import { MAX_DESCRIPTION } from "../../../../../workers/contract/workshop/generated-server.ts";
import { Button } from "../../../ui/button.tsx";
import { Field } from "../../../ui/field.tsx";
import { Section } from "../../../ui/page.tsx";

/** The description that a model gets. */
export function DescriptionForm(props: {
  isBusy: boolean;
  onSubmit: (description: string) => void;
}) {
  const { isBusy, onSubmit } = props;
  const [description, setDescription] = useState("");
  const left = MAX_DESCRIPTION - description.length;
  return (
    <Section className="p-4">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit(description.trim());
        }}
      >
        <Field
          label="What the server does"
          hint={`It is sent to the model of this deployment: write no key and no personal data. ${left} characters left.`}
        >
          <BaseField.Control
            render={<textarea rows={5} className="input h-auto py-2 leading-5" />}
            value={description}
            maxLength={MAX_DESCRIPTION}
            placeholder="Looks up the departures of a station in the API of our city’s trams, by its name, with the next ten trams and their delay."
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
        </Field>
        <div>
          <Button
            type="submit"
            variant="primary"
            isBusy={isBusy}
            disabled={description.trim() === ""}
          >
            Write the server
          </Button>
        </div>
      </form>
    </Section>
  );
}
