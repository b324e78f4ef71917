import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FieldDropper } from "./field-dropper.ts";
import { type Outcome, outcomeOf, type PartResult } from "./outcome.ts";
import { readVectorFile } from "./read-vectors.ts";
import { checkVector } from "./vectors.ts";

/**
 * Loads each sample document of the specification, together with the rules that it names and that are not given with
 * it, and compares what it does with samples.yml. A sample without a vector there is a failure.
 */
export function checkSamples(corpus: string, dropper: FieldDropper): PartResult {
  const folder = join(corpus, "sigma-specification/tests/schema");
  const files = globSync("**/*.yml", { cwd: folder }).sort();
  const path = join(import.meta.dirname, "samples.yml");
  const { vectors, broken } = readVectorFile("conformance/samples.yml", readFileSync(path, "utf8"));
  const outcomes = [
    ...broken.map((place): Outcome => outcomeOf(place, [{ expected: "a vector", got: place.reason }])),
    ...vectors.map(({ sample = "", ...vector }) => {
      if (!files.includes(sample))
        return outcomeOf(vector, [{ expected: `the sample ${sample}`, got: "none" }]);
      const text = readFileSync(join(folder, sample), "utf8");
      return checkVector({ ...vector, text: `${text}\n---\n${vector.text}` }, dropper);
    }),
  ];
  const asked = new Set(vectors.map(({ sample }) => sample));
  const unasked = files.filter((file) => !asked.has(file)).map(unaskedSample);
  return { outcomes: [...outcomes, ...unasked], notes: [] };
}

function unaskedSample(file: string): Outcome {
  const expected = "conformance/samples.yml says what comes of it";
  return outcomeOf({ title: file, file, line: 1 }, [{ expected, got: "it does not name it" }]);
}
