import unittest

from plaintab import Table, TableError


def sample():
    table = Table(["name", "qty"], align="lr")
    table.add("bolt", 12)
    table.add("washer", 250)
    return table


class RenderTest(unittest.TestCase):
    def test_plain(self):
        self.assertEqual(
            sample().render().split("\n"),
            ["name    qty", "------  ---", "bolt     12", "washer  250"],
        )

    def test_box(self):
        self.assertEqual(
            sample().render(style="box").split("\n"),
            [
                "+--------+-----+",
                "| name   | qty |",
                "+--------+-----+",
                "| bolt   |  12 |",
                "| washer | 250 |",
                "+--------+-----+",
            ],
        )

    def test_csv(self):
        table = Table(["a", "b"])
        table.add('say "hi"', "1,2")
        table.add("x", None)
        self.assertEqual(table.render(style="csv"), 'a,b\n"say ""hi""","1,2"\nx,')

    def test_wide_text_lines_up(self):
        table = Table(["city", "n"])
        table.add("\u6771\u4eac\u90fd", 1)
        table.add("Oslo", 2)
        self.assertEqual(
            table.render().split("\n"),
            ["city    n", "------  -", "\u6771\u4eac\u90fd  1", "Oslo    2"],
        )

    def test_max_width_cuts(self):
        self.assertEqual(
            sample().render(max_width=4).split("\n"),
            ["name  qty", "----  ---", "bolt   12", "was\u2026  250"],
        )

    def test_max_width_wraps(self):
        self.assertEqual(
            sample().render(max_width=4, wrap=True).split("\n"),
            ["name  qty", "----  ---", "bolt   12", "wash  250", "er"],
        )

    def test_cell_with_two_lines(self):
        table = Table(["k", "v"])
        table.add("a\nb", "c")
        self.assertEqual(table.render().split("\n"), ["k  v", "-  -", "a  c", "b"])


class ErrorsTest(unittest.TestCase):
    def test_wrong_number_of_cells(self):
        with self.assertRaises(TableError):
            Table(["a"]).add(1, 2)

    def test_unknown_style(self):
        with self.assertRaises(TableError):
            sample().render(style="fancy")

    def test_bad_align(self):
        with self.assertRaises(TableError):
            Table(["a"], align="x")

    def test_bad_max_width(self):
        with self.assertRaises(TableError):
            sample().render(max_width=0)


if __name__ == "__main__":
    unittest.main()
