@rem npm scripts here begin with "exec", so that on Unix no shell stands between npm and the program and signals and exit codes pass.
@rem cmd.exe has no such word and finds this file instead.
@%*
