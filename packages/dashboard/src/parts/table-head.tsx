import { Table } from "@mantine/core";

/** The head of a table whose columns need nothing but their words. */
export function TableHead({ headings }: { readonly headings: readonly string[] }) {
  return (
    <Table.Thead>
      <Table.Tr>
        {headings.map((heading) => (
          <Table.Th scope="col" key={heading}>
            {heading}
          </Table.Th>
        ))}
      </Table.Tr>
    </Table.Thead>
  );
}
