import io
import os
import tempfile
import unittest

from layerconf.cli import main


class CommandLineTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as handle:
            handle.write(text)
        return path

    def run_main(self, *argv):
        out, err = io.StringIO(), io.StringIO()
        code = main(list(argv), out, err)
        return code, out.getvalue(), err.getvalue()

    def test_get(self):
        path = self.write("a.conf", "[a]\nx = ${y}\ny = 1\n")
        self.assertEqual(self.run_main("get", "a.x", path), (0, "1\n", ""))

    def test_show(self):
        path = self.write("a.conf", "[a]\ny = 1\nx = ${y}\n")
        self.assertEqual(self.run_main("show", "a", path), (0, "x = 1\ny = 1\n", ""))

    def test_missing_key(self):
        path = self.write("a.conf", "[a]\n")
        self.assertEqual(
            self.run_main("get", "a.x", path), (1, "", "layerconf: no such key: a.x\n")
        )


if __name__ == "__main__":
    unittest.main()
