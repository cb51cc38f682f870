"""Lists from which prompts for SmolLM2 are put together. No benchmark's prompt is among them."""

TOPICS = """
photosynthesis|the water cycle|black holes|how vaccines work|plate tectonics|the French Revolution|the Roman Empire
inflation|compound interest|supply and demand|the human heart|sleep|meditation|healthy breakfasts|learning to cook
baking bread|growing tomatoes|keeping bees|houseplants|recycling|electric cars|wind power|solar panels|batteries
the stock market|saving money|job interviews|writing a CV|public speaking|time management|remote work|teamwork
learning a language|Spanish grammar|English idioms|Shakespeare|haiku|jazz|classical music|playing the guitar|painting
photography|architecture|bridges|aeroplanes|sailing|hiking|camping|running a marathon|yoga|swimming|football|chess
board games|video games|science fiction|detective stories|fairy tales|mythology|ancient Egypt|the Silk Road|Vikings
the Renaissance|the Industrial Revolution|the moon landing|Mars|comets|the ocean floor|coral reefs|whales|penguins
elephants|dogs|cats|horses|birds migrating|ants|spiders|dinosaurs|volcanoes|earthquakes|hurricanes|glaciers|deserts
rainforests|soil|rivers|drinking water|vitamins|the immune system|allergies|the brain|memory|dreams|happiness|anger
friendship|raising children|school|teachers|libraries|museums|democracy|voting|laws|the United Nations|human rights
philosophy|ethics|Stoicism|logic|probability|prime numbers|geometry|calculus|statistics|algorithms|recursion|sorting
databases|operating systems|computer networks|encryption|passwords|machine learning|neural networks|robots|Python
JavaScript|HTML and CSS|Git|testing software|debugging|cloud computing|open source|mobile phones|social media|privacy
coffee|tea|chocolate|cheese|rice|pasta|soup|salad|spices|restaurants|small businesses|marketing|customer service
leadership|negotiation|contracts|insurance|taxes|renting a flat|buying a house|moving to a new city|public transport
bicycles|gardens|winter|summer holidays|birthdays|weddings|letters|diaries|news|advertising|fashion|furniture|clocks
""".replace("\n", "|").strip("|").split("|")  # fmt: skip

PEOPLE = """
a teacher|a nurse|a sailor|a young inventor|a retired detective|a baker|a lonely robot|a farmer|an astronaut|a librarian
a street musician|a lighthouse keeper|a clever fox|a tired dragon|two sisters|a lost tourist|a gardener|a shy student
a grandmother|a chess champion|a clockmaker|a postman|a queen|a ghost|a scientist|an old cat|a taxi driver|a painter
""".replace("\n", "|").strip("|").split("|")  # fmt: skip

NAMES = "Anna Ben Carla David Emma Farid Grace Hugo Ines Jack Kofi Lena Maria Noah Olga Paul Rosa Sam Tara Yusuf".split()
THINGS = "apples books pencils cookies tickets marbles stamps chairs flowers coins eggs bottles cards shirts toys".split()

TEMPLATES = """
What is the most important thing to know about {topic}?
Explain {topic} to a ten-year-old.
Explain {topic} in simple terms.
Give me a short introduction to {topic}.
List {number} facts about {topic}.
List {number} tips for someone new to {topic}.
What are the advantages and disadvantages of {topic}?
Compare {topic} and {topic2}.
What do {topic} and {topic2} have in common?
How did {topic} change over time?
Why do people care about {topic}?
Write a short story about {person} and {topic}.
Write a story in which {person} learns something about {topic}.
Write a story about {person} who meets {person2}.
Write a poem about {topic}.
Write a dialogue between {person} and {person2} about {topic}.
Write an email to {name} inviting them to a talk about {topic}.
Write a polite email to {name} asking for help with {topic}.
Write a letter from {person} to {name}.
Write a short article about {topic} for a local newspaper.
Write a product description for something to do with {topic}.
Write a speech about {topic} in {number} sentences.
Give me an outline for an essay on {topic}.
Make a quiz with {number} questions about {topic} and give the answers.
Make a step-by-step plan for learning about {topic} in {number} weeks.
What questions should I ask an expert on {topic}?
What are common mistakes when dealing with {topic}?
Imagine you are {person}. What do you think about {topic}?
Pretend to be {person} and introduce yourself.
You are {person}. Tell me about your day.
Describe {topic} using only short sentences.
Summarise what you know about {topic} in one paragraph.
Give an example that shows how {topic} works.
Is it true that {topic} matters for everyone? Argue for and against.
Suggest {number} titles for a book about {topic}.
Suggest a name and a slogan for a company that deals with {topic}.
What would the world be like without {topic}?
Define {topic} and give {number} examples.
Tell me a joke about {topic}.
I have to give a presentation on {topic}. How should I begin?
{name} has {a} {things} and gives {b} of them to {name2}. How many {things} does {name} have left?
{name} buys {b} boxes with {c} {things} each and loses {c} {things}. How many {things} are left? Show your steps.
A box of {things} costs {a} dollars. How much do {b} boxes cost, with a discount of {c} percent?
If a train travels {a} kilometres in {b} hours, what is its average speed? Explain.
{name} is {a} years old and {name2} is {c} years younger. How old will {name2} be in {b} years?
What is {a} times {b} plus {c}? Think step by step.
Sort these numbers from small to large and explain how you did it: {a}, {b}, {c}, {d}.
Put these words in alphabetical order: {words}.
Extract all names and numbers from this sentence: "{name} met {name2} on day {b} and bought {a} {things}."
Turn this into JSON: {name} is {a} years old, lives in house {b} and likes {topic}.
Rewrite this sentence in the passive voice: "{name} sold {a} {things} to {name2}."
Correct the mistakes: "{name} dont has no {things}, and {name2} have {a} of it."
Translate into French: "{name} has {a} {things}."
Write a Python function that {task}.
Write a Python function that {task}. Include a docstring and an example.
Write a Python program that {task} and prints the result.
How do I write code that {task}? Explain each step.
Write a JavaScript function that {task}.
Write a SQL query that finds all {things} with a price above {a}.
What is the difference between a {structure} and a {structure2}? Give an example in Python.
Give me a recipe with {things} and {number} other ingredients.
Make a table comparing {topic} and {topic2}.
Give me a checklist for {topic}.
What should {person} know about {topic}?
Who invented or discovered things connected with {topic}?
Recommend {number} things to read or watch about {topic}.
How would {person} explain {topic} to {person2}?
Write the beginning of a novel about {topic}.
Write a riddle whose answer has to do with {topic}.
Give a brief history of {topic}.
""".strip().split("\n")

TASKS = """
removes the spaces at both ends of each line of a text|finds the longest line of a file|turns seconds into a readable time
checks a password against simple rules|groups people by the year they were born|computes the average of each column
merges two dictionaries and adds up equal keys|flattens nested lists|reads a CSV file and counts its rows
draws a triangle of stars|converts temperatures|finds all links in a page of HTML|shuffles a deck of cards
simulates throwing two dice|keeps a to-do list|counts down from a number|prints a calendar of a month
removes duplicate lines but keeps their order|finds the nearest point to a given one|splits a bill among friends
capitalises the title of a book|reverses the words of a sentence|prints a multiplication table|rotates a matrix
computes the distance between two points|checks whether brackets on a line of text close|parses a date
finds the second largest value|computes the area of a polygon|makes a histogram of letters|plays rock, paper, scissors
""".replace("\n", "|").strip("|").split("|")  # fmt: skip

STRUCTURES = "list tuple set dictionary stack queue heap graph tree generator class string".split()

FOLLOW_UPS = """
Rewrite that in a more formal tone.
Now make it half as long.
Explain the second point in more detail.
Turn that into a bulleted list.
Say it again so that a small child understands it.
Give me two more examples.
Are you sure? Check it step by step.
Why?
What would be an argument against that?
Make it funnier.
Summarise that in one sentence.
Now write it as a dialogue.
Continue.
Translate the main idea into plain words.
Which of these is the most important, and why?
Rewrite that from another point of view.
Add a title and a short introduction.
Thanks. What should I do next?
Change the ending.
Write the same thing as a table.
""".strip().split("\n")

VERBS = """
collect compute convert extract filter find group join list make merge move normalise pick print read replace round
scale select shift split strip swap trim update validate wrap measure build check clean combine
""".split()  # fmt: skip

ADJECTIVES = "first last longest shortest nearest largest hidden valid empty sorted unique missing recent active local".split()

NOUNS = """
lines names prices records fields rows columns pairs points orders scores users paths labels pixels events tokens items
dates edges nodes cells totals weights heights titles messages keys files tags colours players cards temperatures
""".split()  # fmt: skip

ARGUMENTS = """
text: str|values: List[int]|values: List[float]|names: List[str]|limit: int|table: Dict[str, int]|matrix: List[List[int]]
path: str|start: int, end: int|line: str, width: int|pairs: List[Tuple[int, int]]|threshold: float|first: str, second: str
records: List[dict]|n: int|numbers: List[int], k: int|words: List[str], separator: str|grid: List[List[str]]
""".replace("\n", "|").strip("|").split("|")  # fmt: skip

RESULTS = "int float str bool List[int] List[str] List[float] Dict[str,int] Optional[int] Tuple[int,int] None".split()

CODE_HEADS = [
    "from typing import Dict, List, Optional, Tuple\n\n\n", "from typing import List\n\n\n", "", "import math\n\n\n",
    "import re\nfrom collections import Counter, defaultdict\n\n\n", "#!/usr/bin/env python3\nimport sys\n\n\n",
]  # fmt: skip

PASSAGE_REQUESTS = [
    "Summarise the following text:\n\n{text}", "Continue the following text:\n\n{text}",
    "Rewrite the following text in modern English:\n\n{text}", "What happens in this passage?\n\n{text}",
    "{text}\n\nWho speaks in this passage, and about what?", "List the people and places in this text:\n\n{text}",
    "Explain the mood of this passage:\n\n{text}", "{text}\n\nWrite three questions about this text and answer them.",
]  # fmt: skip

TERM_TEMPLATES = """
What is {term}?
What does "{term}" mean, and where does the word come from?
Use the word "{term}" in {number} sentences.
Which word means "{definition}"? Explain it with an example.
Explain the difference between {term} and {term2}.
What has {term} to do with {term2}?
Tell me something surprising about {term}.
Write a paragraph about {term} that also mentions {term2}.
Write a short story with these words: {terms}.
Group these words and give each group a name: {terms}.
Write one sentence about each of these: {terms}.
Which of these does not belong to the others, and why? {terms}.
Write a rhyming poem about {term} and {term2}.
Write a scene in which {person} is looking for {term}.
You are an expert on {term}. Answer a beginner's {number} most common questions.
Act as {person} who has never heard of {term}, and let {person2} explain it to you.
Is {term} more important than {term2}? Give reasons for both sides.
How would you measure {term}? Suggest {number} ways and their weaknesses.
What would an economist, a biologist and an artist each say about {term}?
Write an encyclopedia entry about {term} with headings.
Write a news report about {term} in the style of the 1920s.
Write a complaint to a shop about {term}, then the shop's reply.
Write minutes of a meeting about {term} with {number} decisions.
Make a timeline of the history of {term}.
What causes {term}, and what follows from it?
Describe {term} to someone who cannot see.
Is this statement true, false or unclear: "{term} is a kind of {term2}"? Justify your answer.
If all of {term} vanished tomorrow, what would happen in the first week?
Write a Python class that models {term}, with {number} methods.
Write a Python function about {term} with type hints, a docstring and tests.
Write an HTML page about {term} with a list and a table.
Write a shell script that looks for "{term}" in all files of a folder and counts the lines.
Translate this definition into German: {definition}.
Answer with one word only: what is "{definition}"?
Rewrite this definition for a child: "{definition}".
Put this into bullet points: {term}, that is {definition}; {term2}; and what connects them.
Give {number} synonyms or related words for {term} and say how they differ.
Suggest {number} research questions about {term}, and how each could be answered.
A shop sells {b} kinds of {things} at {a} dollars each and {c} kinds at {d} dollars. What do all together cost?
{name} walks {b} kilometres in {c} minutes and {name2} cycles {a} kilometres in {d} minutes. Who is faster?
Solve for x: {b}x + {c} = {d}. Show every step.
A rectangle is {a} metres long and {c} metres wide. Find its area, its perimeter and the length of its diagonal.
What is {c} percent of {d}? Explain the calculation.
There are {b} red, {c} blue and {number} green {things} in a bag. What is the probability of drawing a blue one?
What is the next number: {b}, {c}, {a}? Say what you would need to know.
From this note make a list of dates, names and amounts: on the {b}th {name} paid {a} dollars to {name2} for {things}, and on the {c}th {d} dollars for {term}.
Write a cover letter for a job that has to do with {term}.
Plan a day trip whose theme is {term}, hour by hour.
Write a thank-you note to {name} for {term}.
Debate: {name} is for {term}, {name2} is against it. Write {number} exchanges.
""".strip().split("\n")

# Where a user's turn begins that the model goes on with.
OPENINGS = """
What|How do I|How does|How can|Why|Why is|Can you|Could you explain|Explain|Write|Write a|Create a|Give me|List|Compare
Describe|Imagine|Suppose|Tell me|Is it|Are there|Which|Who|When|Where|Summarize|Rewrite|Edit|Translate|Given|If|I am
I want|I have|I need|My|Help me|Please|Let's|In the|You are|Act as|Design|Develop|Analyze|Identify|Discuss|Calculate
Solve|Find|Prove|Evaluate|Generate|Classify|Extract|Provide|Make|Implement|In Python|Write a function|Write code|Using
As a|Based on|Consider|Determine|Convert|Suggest|Recommend|Propose|Draft|Compose|Outline|Brainstorm|Teach me|The
What is {term}|What is the difference between {term}|How is {term}|Why is {term}|Tell me about {term}|Is {term}
Write a story about {term}|Write an essay about {term}|I read about {term}|The history of {term}|What are the {term}
Could {term}|Suppose that {term}|A student of {term}|Explain how {term}|Give me an example of {term}|Who first {term}
""".replace("\n", "|").strip("|").split("|")  # fmt: skip

CODE_REQUESTS = [
    "Write a Python function that does this: {sentence}.", "What does this function do?\n\n{head}",
    "Write the body of this function:\n\n{head}", "Implement this in Python:\n\n```python\n{head}\n```",
    "Write three tests for this function:\n\n{head}", "Explain the parameters of this function:\n\n{head}",
    "How would you do this in Python? {sentence}.", "Write this function in JavaScript:\n\n{head}",
    "Finish this function and explain how it works.\n\n{head}", "Write a Python program for this task: {sentence}.",
]  # fmt: skip
