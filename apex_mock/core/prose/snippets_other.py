"""Snippets in other languages than Python."""

from apex_mock.core.prose.snippets import Snippet

OTHER_SNIPPETS = (
    Snippet(
        r"debounce",
        """
function debounce(fn, wait = 300) {
  let timer;
  return function (...args) {
    clearTimeout(timer);
    timer = setTimeout(() => fn.apply(this, args), wait);
  };
}

const onResize = debounce(() => console.log(window.innerWidth), 200);
window.addEventListener("resize", onResize);
""",
        (
            "Each call cancels the one before it, so the function runs only once the calls have stopped for the "
            "given time.",
        ),
        "javascript",
    ),
    Snippet(
        r"fetch|http|api|request",
        """
async function getJson(url) {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`HTTP ${response.status}`);
  }
  return response.json();
}

getJson("https://api.example.com/items")
  .then((items) => console.log(items))
  .catch((error) => console.error(error.message));
""",
        ("`fetch` only rejects when the network fails, so the status has to be checked as well.",),
        "javascript",
    ),
    Snippet(
        r"revers",
        """
function reverseString(text) {
  return [...text].reverse().join("");
}

console.log(reverseString("hello")); // olleh
""",
        ("Spreading the string into an array splits it by code points, so most emoji survive.",),
        "javascript",
    ),
    Snippet(
        r"fizz ?buzz",
        """
for (let n = 1; n <= 15; n++) {
  const word = (n % 3 === 0 ? "Fizz" : "") + (n % 5 === 0 ? "Buzz" : "");
  console.log(word || n);
}
""",
        ("The two parts are joined, so multiples of 15 print FizzBuzz.",),
        "javascript",
    ),
    Snippet(
        r"palindrom",
        """
function isPalindrome(text) {
  const letters = text.toLowerCase().replace(/[^a-z0-9]/g, "");
  return letters === [...letters].reverse().join("");
}

console.log(isPalindrome("A man, a plan, a canal: Panama")); // true
""",
        ("Everything but letters and digits is removed before the comparison.",),
        "javascript",
    ),
    Snippet(
        r"fibonacci|\bfib\b",
        """
function fibonacci(n) {
  let [a, b] = [0, 1];
  for (let i = 0; i < n; i++) {
    [a, b] = [b, a + b];
  }
  return a;
}

console.log(fibonacci(10)); // 55
""",
        ("The pair of values moves one step along the sequence in each pass.",),
        "javascript",
    ),
    Snippet(
        r"hello,? ?world",
        """
console.log("Hello, world!");
""",
        ("Run it in a browser console or with `node hello.js`.",),
        "javascript",
    ),
    Snippet(
        r"interface|type",
        """
interface User {
  id: number;
  name: string;
  email?: string;
}

function greet(user: User): string {
  return `Hello, ${user.name}!`;
}

console.log(greet({ id: 1, name: "Ada" }));
""",
        ("The question mark makes a property optional, and the compiler checks every use.",),
        "typescript",
    ),
    Snippet(
        r"join",
        """
SELECT customers.name, COUNT(orders.id) AS order_count
FROM customers
LEFT JOIN orders ON orders.customer_id = customers.id
GROUP BY customers.id, customers.name
ORDER BY order_count DESC;
""",
        ("The left join keeps customers who have no orders, and `COUNT(orders.id)` gives 0 for them.",),
        "sql",
    ),
    Snippet(
        r"create|table\b.*\bschema",
        """
CREATE TABLE users (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    email      TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
""",
        ("The constraints make sure that every user has a name and an address of their own.",),
        "sql",
    ),
    Snippet(
        r"second highest|nth highest",
        """
SELECT MAX(salary) AS second_highest
FROM employees
WHERE salary < (SELECT MAX(salary) FROM employees);
""",
        ("The inner query finds the highest salary, and the outer one the highest below it.",),
        "sql",
    ),
    Snippet(
        r"",
        """
SELECT id, name, email
FROM users
WHERE created_at >= DATE '2024-01-01'
ORDER BY created_at DESC
LIMIT 10;
""",
        ("The condition filters the rows before they are sorted, and the limit keeps the first ten.",),
        "sql",
    ),
    Snippet(
        r"rename|batch|files",
        """
for file in *.txt; do
  [ -e "$file" ] || continue
  mv -- "$file" "${file%.txt}.md"
done
""",
        ("`${file%.txt}` is the name without its ending, and the test skips the loop when nothing matches.",),
        "bash",
    ),
    Snippet(
        r"hello",
        """
fn main() {
    println!("Hello, world!");
}
""",
        ("Compile and run it with `cargo run`.",),
        "rust",
    ),
    Snippet(
        r"fibonacci|\bfib\b",
        """
fn fibonacci(n: u32) -> u64 {
    let (mut a, mut b) = (0u64, 1u64);
    for _ in 0..n {
        (a, b) = (b, a + b);
    }
    a
}

fn main() {
    println!("{}", fibonacci(10)); // 55
}
""",
        ("A `u64` holds the sequence up to the 93rd number.",),
        "rust",
    ),
    Snippet(
        r"hello",
        """
package main

import "fmt"

func main() {
	fmt.Println("Hello, world!")
}
""",
        ("Run it with `go run main.go`.",),
        "go",
    ),
    Snippet(
        r"revers",
        """
package main

import "fmt"

func reverse(s string) string {
	runes := []rune(s)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}

func main() {
	fmt.Println(reverse("hello")) // olleh
}
""",
        ("Converting to runes first keeps characters beyond ASCII whole.",),
        "go",
    ),
    Snippet(
        r"hello|",
        """
public class Main {
    public static void main(String[] args) {
        System.out.println("Hello, world!");
    }
}
""",
        ("Run it with `java Main.java`.",),
        "java",
    ),
    Snippet(
        r"",
        """
<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Example</title>
  </head>
  <body>
    <h1>Hello!</h1>
    <p>This is a minimal page.</p>
  </body>
</html>
""",
        ("The character set comes first, so that every character is shown as it was written.",),
        "html",
    ),
    Snippet(
        r"",
        """
.container {
  display: flex;
  justify-content: center;
  align-items: center;
  min-height: 100vh;
}
""",
        ("Flexbox centres the content in both directions.",),
        "css",
    ),
)
