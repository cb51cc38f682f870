/** What a terminal shows: knows new lines, colours (dropped) and the two movements that a redraw needs. */
export class Screen {
  readonly lines: string[] = [''];
  private row = 0;
  private column = 0;

  write(text: string): void {
    for (const [token, move, character = ''] of text.matchAll(ESCAPES_AND_CHARACTERS)) {
      if (move === 'A') this.row--;
      else if (move === 'J') this.eraseBelow();
      else if (token === '\r') this.column = 0;
      else if (token === '\n') this.newLine();
      else this.put(character);
    }
  }

  private eraseBelow(): void {
    this.lines.length = this.row + 1;
    this.lines[this.row] = [...this.line].slice(0, this.column).join('');
  }

  private newLine(): void {
    this.row++;
    this.column = 0;
    this.lines[this.row] ??= '';
  }

  private put(character: string): void {
    if (character === '') return;
    const characters = [...this.line];
    characters[this.column++] = character;
    this.lines[this.row] = characters.join('');
  }

  private get line(): string {
    return this.lines[this.row] ?? '';
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal is moved with.
const ESCAPES_AND_CHARACTERS = /\u001b\[[0-9;]*([A-Za-z])|([^\u001b])/gu;
