import { ModelFormatError } from '../../src/core/errors.js';

/**
 * A drafter may know only some of the target's ids: its embedding and its logits have a row for each of these. Every
 * id is read as some row, and each row predicts one id, so that nothing outside the model ever sees a row.
 */
export class VocabularyRows {
  /** Logits of all ids, but those that have no row: these stay at minus infinity. */
  private readonly spread: Float32Array;

  /**
   * `rowOfId` [ids] is the row that reads an id, `idOfRow` [rows] the id that a row predicts. Throws ModelFormatError,
   * naming `where`, when they point outside each other or two rows predict the same id.
   */
  constructor(
    private readonly rowOfId: Int32Array,
    private readonly idOfRow: Int32Array,
    where: string,
  ) {
    checkRange('row_of_id', rowOfId, idOfRow.length, where);
    checkRange('id_of_row', idOfRow, rowOfId.length, where);
    if (new Set(idOfRow).size < idOfRow.length)
      throw new ModelFormatError(where, 'id_of_row: two rows have the same id');
    this.spread = new Float32Array(rowOfId.length).fill(Number.NEGATIVE_INFINITY);
  }

  /** Ids that can be read. */
  get vocabularySize(): number {
    return this.rowOfId.length;
  }

  get rows(): number {
    return this.idOfRow.length;
  }

  /** The rows that read `ids`, each 0..vocabularySize - 1. */
  rowsOf(ids: readonly number[]): number[] {
    return ids.map((id) => this.rowOfId[id] as number);
  }

  /** The id that a row predicts. */
  idOf(row: number): number {
    return this.idOfRow[row] as number;
  }

  /** The logits of all ids from those of the rows. The array is used again by the next call. */
  logitsOf(rows: Float32Array): Float32Array {
    const { spread, idOfRow } = this;
    for (let row = 0; row < idOfRow.length; row++) spread[idOfRow[row] as number] = rows[row] as number;
    return spread;
  }
}

function checkRange(name: string, values: Int32Array, end: number, where: string): void {
  const wrong = values.findIndex((value) => value < 0 || value >= end);
  if (wrong >= 0)
    throw new ModelFormatError(where, `${name}[${wrong}] is ${values[wrong]}, but must be 0..${end - 1}`);
}
